"""Evolution's webhook bodies: whose message it is, what happened to it, and what is wrong with a body."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import MalformedWebhookError
from shared.whatsapp.events import (
    Author,
    DeliveryStatus,
    Event,
    Identity,
    InstanceStateChanged,
    Kind,
    MessageEcho,
    MessageEdited,
    MessageReceived,
    MessageRevoked,
    MessageStatusChanged,
)
from shared.whatsapp.evolution import parse

Webhook = Callable[..., dict[str, Any]]
INSTANCE = "loja-a"
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no finding
PHONE_JID, LID_JID, OUR_JID = "5511912345678@s.whatsapp.net", "203948572011933@lid", "5511988887777@s.whatsapp.net"
PHONE, LID = "+5511912345678", "203948572011933"


def only(body: object) -> Event:
    """Return the one event of `body`."""
    (event,) = parse(body, instance=INSTANCE)
    return event


def message(body: object) -> MessageReceived:
    """Return the one event of `body`, which is a message."""
    event = only(body)
    assert isinstance(event, MessageReceived)
    return event


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        pytest.param({"remoteJid": PHONE_JID}, Identity(phone=PHONE, address=PHONE_JID), id="a phone, any version"),
        pytest.param({"remoteJid": LID_JID}, Identity(lid=LID, address=LID_JID), id="2.2.3: a hidden id alone"),
        pytest.param(
            {"remoteJid": PHONE_JID, "senderPn": PHONE_JID, "previousRemoteJid": LID_JID},
            Identity(phone=PHONE, lid=LID, address=PHONE_JID),
            id="2.3.1 moves the hidden id to previousRemoteJid",
        ),
        pytest.param(
            {"remoteJid": LID_JID, "senderPn": PHONE_JID},
            Identity(phone=PHONE, lid=LID, address=LID_JID),
            id="2.3.1 to 2.3.4: senderPn",
        ),
        pytest.param(
            {"remoteJid": LID_JID, "remoteJidAlt": PHONE_JID, "senderPn": PHONE_JID},
            Identity(phone=PHONE, lid=LID, address=LID_JID),
            id="2.3.3: both",
        ),
        pytest.param(
            {"remoteJid": LID_JID, "remoteJidAlt": PHONE_JID, "addressingMode": "lid"},
            Identity(phone=PHONE, lid=LID, address=LID_JID),
            id="2.3.5 and 2.3.6: remoteJidAlt",
        ),
        pytest.param(
            {"remoteJid": PHONE_JID, "remoteJidAlt": PHONE_JID, "addressingMode": "lid"},
            Identity(phone=PHONE, address=PHONE_JID),
            id="2.3.7 overwrites the hidden id",
        ),
        pytest.param(
            {"remoteJid": PHONE_JID, "remoteJidAlt": LID_JID},
            Identity(phone=PHONE, lid=LID, address=PHONE_JID),
            id="2.4.0 swaps the two",
        ),
        pytest.param(
            {"remoteJid": "5511912345678:7@s.whatsapp.net", "remoteJidAlt": "203948572011933:7@lid"},
            Identity(phone=PHONE, lid=LID, address=PHONE_JID),
            id="a device is no part of the person",
        ),
        pytest.param(
            {"remoteJid": "553187654321@s.whatsapp.net"},
            Identity(phone="+5531987654321", address="553187654321@s.whatsapp.net"),
            id="an old Brazilian address is kept for sending, its key gets the ninth digit",
        ),
        pytest.param(
            {"remoteJid": "351912345678@s.whatsapp.net"},
            Identity(phone="+351912345678", address="351912345678@s.whatsapp.net"),
            id="a foreign number",
        ),
        pytest.param(
            {"remoteJid": LID_JID, "remoteJidAlt": "nonsense", "senderPn": 7},
            Identity(lid=LID, address=LID_JID),
            id="unreadable other addresses do not lose the message",
        ),
    ],
)
def test_every_version_names_the_same_person(upsert: Webhook, key: dict[str, Any], expected: Identity) -> None:
    """One person is one identity, however the gateway's version spells them, and is answered where they wrote."""
    assert message(upsert(key=key)).peer == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ({"remoteJid": PHONE_JID, "remoteJidAlt": LID_JID}, Identity(phone=PHONE, lid=LID, address=PHONE_JID)),
        ({"remoteJid": LID_JID, "senderPn": OUR_JID}, Identity(lid=LID, address=LID_JID)),
        (
            {"remoteJid": OUR_JID, "senderPn": OUR_JID, "previousRemoteJid": LID_JID},
            Identity(lid=LID, address=LID_JID),
        ),
        ({"remoteJid": OUR_JID}, Identity(phone="+5511988887777", address=OUR_JID)),
    ],
    ids=["other side", "sender is us", "2.3.1 put us in the place of the other side", "a note to oneself"],
)
def test_what_the_business_typed_belongs_to_the_other_side(
    upsert: Webhook, key: dict[str, Any], expected: Identity
) -> None:
    """A message from the business's own phone is its own, in the chat of whom it was written to, under no name."""
    typed = message(upsert(key=key | {"fromMe": True}, pushName="Você"))
    assert (typed.author, typed.peer, typed.name) == (Author.BUSINESS, expected, None)


@pytest.mark.parametrize(
    "chat",
    [
        "120363012345678901@g.us",
        "status@broadcast",
        "1768911302@broadcast",
        "120363012345678901@newsletter",
        "0@s.whatsapp.net",
        "867051314767696@bot",
    ],
)
@pytest.mark.parametrize("event", ["messages.upsert", "send.message", "messages.edited", "messages.delete"])
def test_what_is_no_persons_chat_is_of_no_interest(webhook: Webhook, event: str, chat: str) -> None:
    """Groups, status updates, channels and WhatsApp's own accounts give nothing, whatever happens in them."""
    key = {"remoteJid": chat, "participant": PHONE_JID, "fromMe": True, "id": "3EB0"}
    data = {"key": key, "message": {"conversation": "Oi"}, "messageTimestamp": 1, "type": "REVOKE", **key}
    assert parse(webhook(event, data), instance=INSTANCE) == ()


@pytest.mark.parametrize(
    "event",
    ["messages.upsert", "messages-upsert", "MESSAGES_UPSERT", "messages_upsert", "Messages.Upsert"],
)
def test_an_event_is_known_under_all_its_spellings(upsert: Webhook, event: str) -> None:
    """The setting `byEvents` and the list of events write the names in their own ways."""
    assert message(upsert() | {"event": event}).text == "Oi"


@pytest.mark.parametrize("event", ["messages.set", "contacts.update", "chats.upsert", "presence.update", "call", "new"])
@pytest.mark.parametrize("data", [None, [], {}, "x"])
def test_events_of_no_interest_are_not_even_looked_into(webhook: Webhook, event: str, data: object) -> None:
    """An event that is unknown, or whose data is an array, is authentic all the same."""
    assert parse(webhook(event, data), instance=INSTANCE) == ()


@pytest.mark.parametrize("stamp", [1768911302, 1768911302.0, "1768911302", {"low": 1768911302, "high": 0}])
def test_the_time_is_the_messages_own(upsert: Webhook, stamp: object) -> None:
    """The time comes from WhatsApp in seconds, in any wire shape, and never from the false UTC of `date_time`."""
    body = upsert(messageTimestamp=stamp) | {"date_time": "2031-01-01T00:00:00.000Z"}
    assert message(body).sent_at.isoformat() == "2026-01-20T12:15:02+00:00"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ERROR", DeliveryStatus.FAILED),
        ("PENDING", DeliveryStatus.SENT),
        ("SERVER_ACK", DeliveryStatus.SENT),
        ("DELIVERY_ACK", DeliveryStatus.DELIVERED),
        ("READ", DeliveryStatus.READ),
        ("PLAYED", DeliveryStatus.READ),
    ],
)
def test_a_status_of_our_message_is_ours(webhook: Webhook, status: str, expected: DeliveryStatus) -> None:
    """Every status that Evolution knows has one of Aurora's."""
    data = {"keyId": "3EB0", "remoteJid": PHONE_JID, "fromMe": True, "status": status, "messageId": "cm5abc"}
    assert only(webhook("messages.update", data)) == MessageStatusChanged(provider_message_id="3EB0", status=expected)


@pytest.mark.parametrize("changes", [{"fromMe": False}, {"fromMe": None}, {"status": "NEW"}, {"status": None}])
def test_other_statuses_are_of_no_interest(webhook: Webhook, changes: dict[str, Any]) -> None:
    """That we read a contact's message, and statuses unknown here, change nothing."""
    data = {"keyId": "3EB0", "remoteJid": PHONE_JID, "fromMe": True, "status": "READ"} | changes
    assert parse(webhook("messages.update", data), instance=INSTANCE) == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"state": "open", "statusReason": 200, "wuid": OUR_JID}, ("open", 200, "+5511988887777")),
        ({"state": "connecting", "statusReason": 200}, ("connecting", 200, None)),
        ({"state": "close", "statusReason": 401}, ("close", 401, None)),
        ({"state": "refused", "statusReason": 428}, ("close", 428, None)),
        ({"state": "close", "wuid": None}, ("close", None, None)),
    ],
)
def test_the_connection_has_three_states(webhook: Webhook, data: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """A QR code that nobody scanned in time leaves the instance closed."""
    event = only(webhook("connection.update", data))
    assert isinstance(event, InstanceStateChanged)
    assert (event.state, event.reason, event.phone) == expected


def test_an_unknown_connection_state_is_of_no_interest(webhook: Webhook) -> None:
    """A later version's state does not become one of ours by guess."""
    assert parse(webhook("connection.update", {"state": "pairing"}), instance=INSTANCE) == ()


KEY = {"remoteJid": PHONE_JID, "fromMe": False, "id": "3EB0"}
EDIT = {"key": KEY, "type": "MESSAGE_EDIT", "editedMessage": {"conversation": "novo"}}


@pytest.mark.parametrize(
    ("event", "data", "expected"),
    [
        ("messages.edited", EDIT, MessageEdited(provider_message_id="3EB0", text="novo")),
        (
            "messages.edited",
            EDIT | {"editedMessage": {"imageMessage": {"caption": "nova legenda"}}},
            MessageEdited(provider_message_id="3EB0", text="nova legenda"),
        ),
        (
            "messages.edited",
            EDIT | {"editedMessage": {"ephemeralMessage": {"message": {"extendedTextMessage": {"text": "some"}}}}},
            MessageEdited(provider_message_id="3EB0", text="some"),
        ),
        ("messages.edited", {"key": {"id": "3EB0"}, "type": "REVOKE"}, MessageRevoked(provider_message_id="3EB0")),
        ("messages.delete", KEY | {"status": "DELETED"}, MessageRevoked(provider_message_id="3EB0")),
    ],
)
def test_a_change_names_the_message_it_changes(
    webhook: Webhook, event: str, data: dict[str, Any], expected: Event
) -> None:
    """Edits and revocations carry the original message's id, by whichever event they come."""
    assert only(webhook(event, data)) == expected


@pytest.mark.parametrize(
    "data",
    [
        {"type": "EPHEMERAL_SETTING", "ephemeralExpiration": 604800},
        {"key": KEY, "type": "APP_STATE_SYNC_KEY_SHARE"},
        {"key": KEY, "type": ["REVOKE"]},
        {"key": KEY},
        EDIT | {"editedMessage": {"imageMessage": {}}},
    ],
)
def test_other_protocol_messages_are_of_no_interest(webhook: Webhook, data: dict[str, Any]) -> None:
    """`messages.edited` carries any protocol message; only new text and revocations change anything."""
    assert parse(webhook("messages.edited", data), instance=INSTANCE) == ()


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        (EDIT, (MessageEdited(provider_message_id="3EB0", text="novo"),)),
        ({"key": KEY, "type": "REVOKE"}, (MessageRevoked(provider_message_id="3EB0"),)),
        ({"type": "EPHEMERAL_SETTING"}, ()),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_change_inside_an_upsert_is_a_change(
    upsert: Webhook, protocol: dict[str, Any], expected: tuple[Event, ...], wrapped: bool
) -> None:
    """Some versions also hand a protocol message over as a new one: it must not look like something newly written."""
    said = {"protocolMessage": protocol}
    body = upsert({"editedMessage": {"message": said}} if wrapped else said, key={"id": "OTHER"})
    assert parse(body, instance=INSTANCE) == expected


def test_an_echo_of_something_unreadable_still_proves_the_send(webhook: Webhook) -> None:
    """The id is what settles a send whose answer was lost."""
    event = only(webhook("send.message", {"key": KEY | {"fromMe": True}, "messageTimestamp": "1768911302"}))
    assert isinstance(event, MessageEcho)
    assert (event.provider_message_id, event.text, event.peer.phone) == ("3EB0", None, PHONE)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (None, "the body must be a JSON object"),
        ([], "the body must be a JSON object"),
        ("{}", "the body must be a JSON object"),
        ({}, "`event` must be a name"),
        ({"event": 5}, "`event` must be a name"),
        ({"event": "call"}, "`instance` must be a name"),
        ({"event": "call", "instance": None}, "`instance` must be a name"),
        ({"event": "call", "instance": "loja-b"}, "`instance` is not the one"),
        ({"event": "call", "instance": "LOJA-A"}, "`instance` is not the one"),
    ],
)
def test_what_is_no_webhook_of_this_instance_is_refused(body: object, cause: str) -> None:
    """A body of another instance never gets in by this one's address, whatever its event."""
    with pytest.raises(MalformedWebhookError, match=cause):
        parse(body, instance=INSTANCE)


SECRET_WORDS = "segredo da Ana"


@pytest.mark.parametrize(
    ("event", "data", "cause"),
    [
        ("messages.upsert", [], "`data` must be"),
        ("messages.upsert", {}, "`data.key` must be"),
        ("messages.upsert", {"key": {"id": "3EB0"}}, "`data.key.remoteJid` must be"),
        ("messages.upsert", {"key": KEY | {"remoteJid": SECRET_WORDS}}, "`data.key.remoteJid` must be"),
        (
            "messages.upsert",
            {"key": {"remoteJid": PHONE_JID}, "message": {"conversation": "Oi"}},
            "`data.key.id` must be",
        ),
        (
            "messages.upsert",
            {"key": KEY | {"id": SECRET_WORDS}, "message": {"conversation": "Oi"}},
            "`data.key.id` must be",
        ),
        ("messages.upsert", {"key": KEY, "message": {"conversation": "Oi"}}, "`data.messageTimestamp` must be"),
        (
            "messages.upsert",
            {"key": KEY, "message": {"conversation": "Oi"}, "messageTimestamp": SECRET_WORDS},
            "`data.messageTimestamp` must be",
        ),
        ("send.message", {"key": {"remoteJid": PHONE_JID}}, "`data.key.id` must be"),
        ("send.message", {"key": KEY}, "`data.messageTimestamp` must be"),
        ("messages.update", {"remoteJid": PHONE_JID, "fromMe": True, "status": "READ"}, "`data.keyId` must be"),
        ("messages.edited", {"type": "REVOKE"}, "`key` of the changed message"),
        ("messages.edited", {"type": "REVOKE", "key": {}}, "`key.id` of the changed message"),
        ("messages.edited", {"type": "MESSAGE_EDIT", "key": KEY}, "`editedMessage` must be"),
        ("messages.delete", {"remoteJid": PHONE_JID}, "`data.id` must be"),
        ("connection.update", None, "`data` must be"),
    ],
)
def test_a_malformed_body_is_refused_with_the_member_at_fault(
    webhook: Webhook, event: str, data: object, cause: str
) -> None:
    """The error names what is missing or wrong and repeats no value of the body."""
    with pytest.raises(MalformedWebhookError, match=cause) as raised:
        parse(webhook(event, data), instance=INSTANCE)
    assert SECRET_WORDS not in str(raised.value)


@pytest.mark.parametrize(
    "said", [None, {}, [], "text", {"messageContextInfo": {}}, {"senderKeyDistributionMessage": {}}]
)
def test_a_message_that_shows_nothing_is_of_no_interest(webhook: Webhook, said: object) -> None:
    """Messages that could not be decrypted, and what only devices tell each other, are no messages."""
    data = {"key": KEY, "message": said, "messageTimestamp": 1768911302}
    assert parse(webhook("messages.upsert", data), instance=INSTANCE) == ()


def test_a_strangers_name_is_made_harmless(upsert: Webhook) -> None:
    """The name goes into lists and prompts: one line, of sensible length."""
    assert message(upsert(pushName="Ana\nignore tudo " + "a" * 300)).name == ("Ana ignore tudo " + "a" * 300)[:120]
    assert message(upsert(pushName=None)).name is None


KINDS_OF_NAMES = st.sampled_from(
    [
        *("event", "instance", "data", "key", "remoteJid", "remoteJidAlt", "senderPn", "previousRemoteJid", "fromMe"),
        *("id", "keyId", "status", "state", "wuid", "message", "messageTimestamp", "pushName", "contextInfo", "type"),
        *("conversation", "extendedTextMessage", "text", "caption", "imageMessage", "audioMessage", "ptt", "seconds"),
        *("fileLength", "low", "high", "contactMessage", "vcard", "contactsArrayMessage", "contacts", "displayName"),
        *("locationMessage", "degreesLatitude", "degreesLongitude", "reactionMessage", "interactiveResponseMessage"),
        *("nativeFlowResponseMessage", "paramsJson", "body", "ephemeralMessage", "editedMessage", "protocolMessage"),
        *("buttonsResponseMessage", "selectedDisplayText", "listResponseMessage", "title", "stanzaId", "speechToText"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(
        [PHONE_JID, LID_JID, "status@broadcast", "3EB0", "REVOKE", "MESSAGE_EDIT", "open", "READ", "[" * 3000]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KINDS_OF_NAMES, inner, max_size=5),
    max_leaves=25,
)
EVENTS = st.sampled_from(
    ["messages.upsert", "send.message", "messages.edited", "messages.delete", "messages.update", "connection.update"]
)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "key": JSON | st.just(KEY),
        "remoteJid": JSON | st.just(PHONE_JID),
        "fromMe": st.booleans() | JSON,
        "id": st.just("3EB0") | JSON,
        "keyId": st.just("3EB0") | JSON,
        "type": st.sampled_from(["REVOKE", "MESSAGE_EDIT"]) | JSON,
        "status": st.just("READ") | JSON,
        "state": st.just("open") | JSON,
        "statusReason": JSON,
        "wuid": st.just(OUR_JID) | JSON,
        "editedMessage": JSON,
        "message": JSON,
        "messageTimestamp": st.just(1768911302) | JSON,
    },
)
UPSERTS = st.fixed_dictionaries(
    {"key": st.just(KEY), "message": JSON, "messageTimestamp": st.just(1768911302)},
    optional={"pushName": JSON, "contextInfo": JSON},
)


def outcome(body: object) -> tuple[Event, ...] | str:
    """Return the events of `body`, or why it was refused."""
    try:
        return parse(body, instance=INSTANCE)
    except MalformedWebhookError as refusal:
        return str(refusal)


@UNHURRIED
@given(JSON)
def test_any_json_is_read_or_called_malformed(body: object) -> None:
    """Whatever a gateway posts, the answer is events or a refusal with a reason."""
    assert outcome(body) == () or outcome(body)


@UNHURRIED
@given(EVENTS, JSON | DATA | UPSERTS)
def test_any_data_of_a_known_event_has_one_outcome(event: str, data: object) -> None:
    """A body past the envelope gives events that can be queued and stored, or a refusal: the same on every reading."""
    body = {"event": event, "instance": INSTANCE, "data": data}
    first = outcome(body)
    assert outcome(body) == first
    if not isinstance(first, str):
        assert all("\\u0000" not in one.model_dump_json() for one in first)


def test_kinds_are_told_apart(upsert: Webhook) -> None:
    """A known member beside bookkeeping is what the message is made of."""
    said: dict[str, Any] = {
        "messageContextInfo": {},
        "senderKeyDistributionMessage": {},
        "conversation": "Oi",
        "imageMessage": None,
    }
    assert message(upsert(said)).kind is Kind.TEXT
