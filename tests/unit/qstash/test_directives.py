"""The headers of a publish request."""

import pytest

from infra.local.qstash.directives import Directives, is_url, parse_publication
from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.values import Callback, FlowLimits, Options, Publication, Redaction

URL = "https://shop.example/jobs"


def parse(headers: dict[str, str], query: dict[str, str] | None = None) -> Publication:
    return parse_publication(Directives(headers.items(), (query or {}).items()), URL)


def test_without_headers_the_defaults_hold() -> None:
    """POST, three retries, at once."""
    assert parse({}) == Publication(destination=URL, options=Options(method="POST", retries=3))


def test_every_header_is_read() -> None:
    """All documented headers at once, in any capitals."""
    publication = parse(
        {
            "Content-Type": "application/json",
            "UPSTASH-METHOD": "put",
            "Upstash-Forward-X-API-key": "k",
            "Upstash-Retries": "0",
            "Upstash-Retry-Delay": "1000 * (1 + retried)",
            "Upstash-Delay": "1h30m",
            "Upstash-Not-Before": "1735689600",
            "Upstash-Deduplication-Id": "order-7",
            "Upstash-Content-Based-Deduplication": "True",
            "Upstash-Timeout": "30s",
            "Upstash-Callback": "https://shop.example/cb",
            "Upstash-Callback-Method": "PATCH",
            "Upstash-Callback-Retries": "1",
            "Upstash-Callback-Retry-Delay": "500",
            "Upstash-Callback-Timeout": "5s",
            "Upstash-Callback-Delay": "2m",
            "Upstash-Callback-Forward-X-One": "1",
            "Upstash-Failure-Callback": "https://shop.example/fcb",
            "Upstash-Failure-Callback-Forward-X-Two": "2",
            "Upstash-Flow-Control-Key": "tenant/7",
            "Upstash-Flow-Control-Value": "parallelism=3, rate=4,period=1h30m3s",
            "Upstash-Label": "orders, urgent,orders",
            "Upstash-Redact-Fields": "body, header[x-api-KEY]",
            "Upstash-Queue-Name": "orders",
            "Upstash-Telemetry-Sdk": "ignored",
        }
    )
    assert publication == Publication(
        destination=URL,
        delay=5400,
        not_before=1_735_689_600,
        deduplication_id="order-7",
        content_based=True,
        queue="orders",
        options=Options(
            method="PUT",
            headers={"Content-Type": ["application/json"], "X-Api-Key": ["k"]},
            retries=0,
            retry_delay="1000 * (1 + retried)",
            timeout=30,
            callback=Callback(
                url="https://shop.example/cb",
                method="PATCH",
                headers={"X-One": ["1"]},
                retries=1,
                retry_delay="500",
                timeout=5,
                delay=120,
            ),
            failure_callback=Callback(url="https://shop.example/fcb", headers={"X-Two": ["2"]}),
            flow_key="tenant/7",
            flow=FlowLimits(parallelism=3, rate=4, period=5403),
            labels=("orders", "urgent"),
            redaction=Redaction(body=True, headers=("X-Api-Key",)),
        ),
    )


def test_query_parameters_stand_in_for_headers() -> None:
    """Every header has a parameter form, and the header wins."""
    publication = parse({"Upstash-Retries": "1"}, {"upstash-retries": "9", "upstash-forward-x-a": "1"})
    assert (publication.options.retries, publication.options.headers) == (1, {"X-A": ["1"]})
    assert parse({}, {"upstash-delay": "100s"}).delay == 100


def test_repeated_forwarded_headers_are_all_kept() -> None:
    """A header may be forwarded with several values."""
    directives = Directives([("Upstash-Forward-Cookie", "a=1"), ("upstash-forward-cookie", "b=2")])
    assert parse_publication(directives, URL).options.headers == {"Cookie": ["a=1", "b=2"]}


def test_webhook_mode_forwards_the_callers_headers() -> None:
    """All but those of the connection and of the broker itself."""
    publication = parse(
        {
            "Upstash-Header-Forward": "true",
            "X-Hub-Signature": "sha256=1",
            "Authorization": "Bearer broker",
            "Host": "broker",
            "Content-Length": "2",
            "Upstash-Retries": "1",
            "Upstash-Forward-Authorization": "Bearer shop",
        }
    )
    assert publication.options.headers == {"X-Hub-Signature": ["sha256=1"], "Authorization": ["Bearer shop"]}


@pytest.mark.parametrize(
    ("text", "redaction"),
    [
        ("header", Redaction(all_headers=True)),
        ("headers", Redaction(all_headers=True)),
        ("body,headers[Authorization],header[x-a]", Redaction(body=True, headers=("Authorization", "X-A"))),
    ],
)
def test_both_spellings_of_redaction(text: str, redaction: Redaction) -> None:
    """SDKs and documents disagree on the plural."""
    assert parse({"Upstash-Redact-Fields": text}).options.redaction == redaction


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Upstash-Method", "TRACE"),
        ("Upstash-Retries", "-1"),
        ("Upstash-Retries", "three"),
        ("Upstash-Retries", "1.5"),
        ("Upstash-Retry-Delay", "retries * 2"),
        ("Upstash-Delay", "10"),
        ("Upstash-Not-Before", "tomorrow"),
        ("Upstash-Not-Before", "999999999999999"),
        ("Upstash-Content-Based-Deduplication", "yes"),
        ("Upstash-Timeout", "1 minute"),
        ("Upstash-Callback", "shop.example/cb"),
        ("Upstash-Failure-Callback", "ftp://shop.example"),
        ("Upstash-Queue-Name", "a queue"),
        ("Upstash-Redact-Fields", "everything"),
        ("Upstash-Flow-Control-Key", "without value"),
        ("Upstash-Flow-Control-Value", "rate=1"),
    ],
)
def test_a_bad_value_is_refused_with_its_header(header: str, value: str) -> None:
    """The error names the header at fault, in the spelling of the documents."""
    with pytest.raises(InvalidRequestError, match=header):
        parse({header: value})


@pytest.mark.parametrize(
    "value",
    ["rate=0", "rate=x", "parallelism=-1", "period=10s", "rate=1,period=8d", "rate=1,period=0s", "burst=1", " "],
)
def test_a_bad_flow_control_value_is_refused(value: str) -> None:
    """Unknown parts, numbers below one and periods over a week."""
    with pytest.raises(InvalidRequestError, match="Flow-Control"):
        parse({"Upstash-Flow-Control-Key": "k", "Upstash-Flow-Control-Value": value})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://shop.example", True),
        ("http://127.0.0.1:3000/a%20b?x=1", True),
        ("http://[::1]:3000/", True),
        ("shop.example/a", False),
        ("ftp://shop.example", False),
        ("https://", False),
        ("https:/shop.example", False),
        ("http://shop.example:port/", False),
        ("http://shop.example/\nHost: other", False),
        ("my-group", False),
    ],
)
def test_urls_are_told_from_group_names(text: str, expected: bool) -> None:
    """A destination is a URL only with http(s) and a host."""
    assert is_url(text) is expected
