// What the page says, in Portuguese and English.

const TEXTS = {
  people: ["Celulares", "Phones"],
  business: ["Empresa", "Business"],
  otherLanguage: ["English", "Português"],
  connected: ["conectado", "connected"],
  disconnected: ["desconectado", "disconnected"],
  noPeople: ["Ninguém por aqui ainda. Adicione uma pessoa para começar.", "Nobody here yet. Add a person to start."],
  noInstance: ["Nenhuma empresa conectada ainda.", "No business connected yet."],
  addPerson: ["Nova pessoa", "New person"],
  name: ["Nome", "Name"],
  phone: ["Telefone", "Phone"],
  role: ["Quem é", "Who it is"],
  customer: ["Cliente", "Customer"],
  owner: ["Dono(a) da empresa", "Business owner"],
  ownerTag: ["dono(a)", "owner"],
  add: ["Adicionar", "Add"],
  play: ["Simular problemas", "Play trouble"],
  numberConnected: ["Número da empresa conectado", "Business number connected"],
  ticks: ["Recibos das mensagens da empresa", "Receipts of the business's messages"],
  ticksRead: ["Entregues e lidas", "Delivered and read"],
  ticksDelivered: ["Só entregues", "Delivered only"],
  ticksOff: ["Sem recibos", "No receipts"],
  nextSends: ["Próximos envios da empresa", "Next sends of the business"],
  faultError: ["Falham com erro", "Fail with an error"],
  faultTimeout: ["Demoram e falham", "Hang, then fail"],
  faultHangUp: ["Perdem a conexão", "Lose the connection"],
  faultDrop: ["Somem sem aviso", "Vanish silently"],
  faultReject: ["São recusados pelo WhatsApp", "Are refused by WhatsApp"],
  count: ["Quantos", "How many"],
  apply: ["Simular", "Play"],
  clear: ["Parar", "Stop"],
  waitingFaults: ["Faltam {n} envios com problema.", "{n} spoilt sends to go."],
  undelivered: ["Eventos ainda não entregues à Aurora: {n}", "Events not delivered to Aurora yet: {n}"],
  phoneOf: ["Celular de {name}", "{name}'s phone"],
  online: ["online", "online"],
  typing: ["digitando…", "typing…"],
  recording: ["gravando áudio…", "recording audio…"],
  unreachable: ["sem conexão", "not connected"],
  message: ["Mensagem", "Message"],
  messageFrom: ["Mensagem de {name}", "Message from {name}"],
  messageFromBusiness: ["Escrevendo pelo celular da empresa", "Writing on the business's phone"],
  writeAsBusiness: ["Escrever pelo celular da empresa", "Write on the business's phone"],
  send: ["Enviar", "Send"],
  attach: ["Anexar um arquivo", "Attach a file"],
  speak: ["Enviar o texto como mensagem de voz", "Send the text as a voice message"],
  tooLarge: ["o arquivo passa de 16 MB", "the file has more than 16 MB"],
  image: ["Imagem", "Picture"],
  voice: ["Mensagem de voz", "Voice message"],
  audio: ["Áudio", "Audio"],
  video: ["Vídeo", "Video"],
  document: ["Documento", "Document"],
  viewOnce: ["visualização única", "view once"],
  edit: ["Editar", "Edit"],
  remove: ["Apagar", "Delete"],
  editing: ["Editando mensagem", "Editing a message"],
  cancel: ["Cancelar", "Cancel"],
  edited: ["editada", "edited"],
  revoked: ["Mensagem apagada", "This message was deleted"],
  byPhone: ["pelo celular da empresa", "from the business's phone"],
  today: ["Hoje", "Today"],
  yesterday: ["Ontem", "Yesterday"],
  readMore: ["Ler mais", "Read more"],
  back: ["Voltar à lista", "Back to the list"],
  beside: ["Abrir {name} ao lado", "Open {name} beside"],
  close: ["Fechar conversa", "Close chat"],
  empty: ["Nenhuma mensagem ainda. Escreva a primeira!", "No messages yet. Write the first one!"],
  pick: ["Escolha uma pessoa na lista para abrir o celular dela.", "Pick a person in the list to open their phone."],
  lost: ["Reconectando…", "Reconnecting…"],
  failed: ["Não deu certo: {cause}", "That failed: {cause}"],
  statusPENDING: ["enviando", "sending"],
  statusSERVER_ACK: ["enviada", "sent"],
  statusDELIVERY_ACK: ["entregue", "delivered"],
  statusREAD: ["lida", "read"],
  statusERROR: ["não enviada", "not sent"],
  unread: ["{n} não lidas", "{n} unread"],
};

const KEY = "aurora.language";

function preferred() {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "pt" || chosen === "en") return chosen;
  const known = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2)).filter((tag) => tag === "pt" || tag === "en");
  return known[0] ?? "pt";
}

export const language = preferred();
export const locale = language === "pt" ? "pt-BR" : "en";

export function t(name, values = {}) {
  const text = TEXTS[name][language === "pt" ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

export function switchLanguage() {
  localStorage.setItem(KEY, language === "pt" ? "en" : "pt");
  location.reload();
}
