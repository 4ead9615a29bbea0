"""What the business knows, and what its owner is asked."""

from shared.assistants.texts.catalog.knowledge import KnowledgeTexts

TEXTS = KnowledgeTexts(
    search_knowledge=(
        "Procura o que o negócio já respondeu sobre pagamento, estacionamento, regras, endereço e outros assuntos. "
        "query: a pergunta do cliente, em poucas palavras. entries vazio significa: não se sabe. "
        "Use somente uma entrada que responda mesmo à pergunta."
    ),
    ask_team=(
        "Pergunta à equipe o que nem as outras ferramentas nem search_knowledge sabem; a resposta da equipe chega "
        "depois ao cliente, nesta conversa. question: a pergunta completa, que se entenda sem a conversa, "
        "sem nomes nem telefones. Depois diga que perguntou à equipe, sem prometer prazo."
    ),
    open_questions="Lista as perguntas de clientes que esperam uma resposta da equipe, cada uma com o seu número.",
    answer_question=(
        "Responde a uma pergunta de cliente com as palavras de quem é dono do negócio. number: o da pergunta. "
        "answer: a resposta exatamente como foi escrita agora, inteira, sem mudar, cortar nem acrescentar nada."
    ),
    question_notice=(
        "❓ Pergunta {number}, de {contact}:\n“{question}”\n\n"
        "Eu não sei a resposta. Responda a esta mensagem, ou escreva: responder {number}: …\n"
        "Eu passo a resposta ao cliente e guardo para a próxima vez."
    ),
    relayed_answer="A equipe respondeu: {answer}",
    question_answered=(
        "✅ Pergunta {number} respondida: estou passando a resposta a {contact} e guardei para a próxima vez."
    ),
    question_answered_before="A pergunta {number} já tinha sido respondida: “{answer}”. Não enviei outra resposta.",
    question_gone="Quem fez a pergunta {number} pediu para apagar os seus dados. Não enviei nem guardei a resposta.",
    question_unknown="Não encontrei a pergunta {number}.",
    question_forbidden="O seu número pode consultar, mas não responder a perguntas de clientes.",
    answer_too_long="A resposta à pergunta {number} é longa demais: o limite é {limit} caracteres. Nada foi enviado.",
)
