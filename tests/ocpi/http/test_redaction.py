"""The token in what is shown: whole, escaped, broken over lines, cut, in part; and what is not the token."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ocpiq.ocpi.http.redaction import REDACTED, redact

TOKEN = "ab/cd+Ef&gh\"ij-0123456789KLMNOP~xyz'qr"
BASE64 = base64.b64encode(TOKEN.encode()).decode()


def in_code_points(text: str) -> str:
    return "".join(f"\\u{ord(char):04X}" for char in text)


ECHOES = {
    "whole": TOKEN,
    "in capitals": TOKEN.upper(),
    "Base64": BASE64,
    "Base64 without its end": BASE64.rstrip("="),
    "Base64 for URLs": base64.urlsafe_b64encode(TOKEN.encode()).decode(),
    "in a header": f"Token {BASE64}",
    "quoted for a URL": quote(TOKEN, safe=""),
    "quoted in small letters": quote(TOKEN, safe="").lower(),
    "every character quoted": "".join(f"%{ord(char):02x}" for char in TOKEN),
    "Base64 quoted for a URL": quote(BASE64, safe=""),
    "quoted twice": quote(quote(TOKEN, safe=""), safe=""),
    "JSON": json.dumps(TOKEN),
    "JSON as some write it": TOKEN.replace('"', '\\"').replace("/", "\\/"),
    "JSON in code points": TOKEN.replace("+", "\\u002B").replace("&", "\\u0026").replace('"', "\\u0022"),
    "all of it in code points": in_code_points(TOKEN),
    "JSON in JSON": json.dumps(json.dumps(TOKEN)),
    "HTML": html.escape(TOKEN),
    "HTML in numbers": "".join(f"&#{ord(char)};" for char in TOKEN),
    "HTML in hexadecimal numbers": "".join(f"&#x{ord(char):x};" for char in TOKEN),
    "JavaScript": TOKEN.replace("/", "\\x2f"),
    "over two lines": TOKEN[:17] + "\n  " + TOKEN[17:],
    "over lines of one": "\r\n".join(TOKEN),
    "over two lines of JSON": TOKEN[:17] + "\\n" + TOKEN[17:],
    "with a soft hyphen": TOKEN[:17] + "\u00ad" + TOKEN[17:],
    "with NUL": TOKEN[:17] + "\0" + TOKEN[17:],
    "its longest run": "0123456789KLMNOP",
    "eight characters of it": "23456789",
    "eight of its Base64": BASE64[3:11],
    "between others": "xx23456789KLxx",
    "in pieces": "0123456 789KLMNOP",
    "cut": TOKEN[:12] + "…",
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("surrounding", ["unknown token: {}", "{}", "[{}", "a {0} and {0}"])
def test_no_part_of_an_echo_is_left(echo, surrounding):
    message = redact(surrounding.format(echo), TOKEN)
    assert REDACTED in message
    left = message.replace(REDACTED, " ").lower().replace("xx", " ")
    token_parts = {
        form[place : place + 4] for form in (TOKEN.lower(), BASE64.lower()) for place in range(len(form) - 3)
    }
    assert not {left[place : place + 4] for place in range(len(left) - 3)} & token_parts, message


OTHERS = {
    "nothing of it": "unknown token",
    "too little of it": "0123456, KLMNOP",
    "escapes": "a\\/b %2B &amp; \\u0026 \\",
    "bad escapes": "\\u00 %2 &#; &#99999999; &nosuchname;",
    "empty": "",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_text_stays_as_it_is(text):
    assert redact(text, TOKEN) == text
    assert redact(text, "") == text


def test_the_decoded_form_of_a_token_that_was_encoded_already():
    assert redact("no such token: S3cr3t-of-ours!", base64.b64encode(b"S3cr3t-of-ours!").decode()) == (
        f"no such token: {REDACTED}"
    )


@pytest.mark.parametrize(
    "form", [TOKEN, BASE64, quote(TOKEN, safe=""), json.dumps(TOKEN)[1:-1], html.escape(TOKEN)]
)
@pytest.mark.parametrize("end", ["", "…", "..."])
def test_a_token_that_is_cut_at_the_end(form, end):
    for length in range(6, len(form)):
        message = redact(f"no such token: {form[:length]}{end}", TOKEN)
        assert message.rstrip("….") == f"no such token: {REDACTED}"


def test_an_address_that_ends_as_the_token_begins_was_not_cut():
    assert redact("https://cpo.example/demo", "demo-token", cut=False) == "https://cpo.example/demo"
    assert redact("https://cpo.example/demo", "demo-token") == f"https://cpo.example/{REDACTED}"


@pytest.mark.parametrize("token", ["", "x", "abc"])
def test_a_token_of_so_few_characters_is_not_a_secret(token):
    assert redact("https://abc.example/next", token) == "https://abc.example/next"


def test_a_token_of_four_characters_is_one():
    assert redact("no user ab1x here", "ab1x") == f"no user {REDACTED} here"


TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


@settings(deadline=None)
@given(TOKENS, st.text(max_size=20), st.integers(4, 60))
def test_no_form_of_the_token_stays_in_a_message(token, surrounding, length):
    assume(token.lower() not in surrounding.lower())
    whole = base64.b64encode(token.encode()).decode()
    for form in (
        token,
        token.upper(),
        whole,
        whole.rstrip("="),
        quote(token, safe=""),
        quote(whole, safe=""),
    ):
        message = redact(f"{surrounding} {form} {surrounding}", token)
        assert form not in message.replace(surrounding, "") or form in REDACTED
        cut = redact(f"{surrounding} {form[:length]}…", token)
        assert not cut.removesuffix("…").endswith(form[: min(length, len(form))]) or "%" in form[:6]


@settings(deadline=None)
@given(st.text("\\u%&#;x0aA/nb 26", max_size=30), TOKENS)
def test_redacting_never_raises(text, token):
    redact(text, token)
