"""Requests made from the description of the interface, and bent in every way a stranger may bend them.

The one idea: a request begins as one that may well be right (its fields come from the schemas, its ids
are those of things that are there), and few bends are made, so that most of the way into the house is
gone before something is wrong. Everything comes from one seeded generator: the same seed makes the same
requests as long as the answers are the same.
"""
# house: long because all bends stand beside each other.

import gzip
import io
import json
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import pyarrow as pa

Json: TypeAlias = Any
"""Whatever JSON holds, and what it does not: `Literal`, `Pairs`."""

ARROW: Final = "application/vnd.apache.arrow.stream"
KNOWN_MAX: Final = 30
"""Ids of one kind that are remembered from answers."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that stands in the body as it is."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object whose names may stand twice."""

    rows: tuple[tuple[str, Json], ...]


def encoded(value: Json) -> bytes:
    """JSON, and what is meant not to be."""
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, dict):
        return encoded(Pairs(tuple(value.items())))
    if isinstance(value, Pairs):
        rows = (json.dumps(name).encode() + b":" + encoded(item) for name, item in value.rows)
        return b"{" + b",".join(rows) + b"}"
    if isinstance(value, list | tuple):
        return b"[" + b",".join(encoded(item) for item in value) + b"]"
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@dataclass(slots=True, kw_only=True)
class Request:
    """What goes out.

    `canary` stands in it where nothing of it may come back. It is not written like a name of ours, which a
    pointer may repeat.
    """

    method: str
    template: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    document: Json = None
    """The body as JSON; None: there is none."""
    body: bytes | None = None
    """The body as bytes, in place of the document."""
    canary: str = ""
    is_http: bool = True
    """False: so broken that the web server may refuse it before we see it."""
    asks: tuple[str, ...] = ()
    """Parameters the address knows after the question mark."""
    bends: list[str] = field(default_factory=list)
    head: bytes | None = None
    """The whole head as bytes, in place of method, path, query and headers."""

    def target(self) -> str:
        """Path and query as they stand in the first line."""
        rows = "&".join(
            f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in self.query
        )
        return f"{self.path}?{rows}" if rows else self.path

    def content(self) -> bytes | None:
        """The body's bytes."""
        return (
            self.body if self.body is not None or self.document is None else encoded(self.document)
        )

    def wire(self) -> bytes:
        """All of it, as it is sent."""
        content = self.content()
        if self.head is not None:
            return self.head + (content or b"")
        lines = [f"{self.method} {self.target()} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {text}" for name, text in self.headers]
        if content is not None:
            lines.append(f"Content-Length: {len(content)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        return head + (content or b"")


# --- requests that may be right ------------------------------------------------------------


@dataclass(slots=True)
class Maker:
    """Makes requests of every address of the description."""

    description: Json
    rng: random.Random
    values: Mapping[str, Callable[[], Json]]
    """By the name of a field or parameter (in a path: with a slash before it): something that is there, a
    time that is open …"""
    documents: Mapping[str, Callable[[], Json]]
    """By the address: whole bodies that no schema makes well."""
    tokens: Mapping[str, str]
    """By role (of a second one: with "-2"): the tokens to ask with."""
    market_id: str
    only: Callable[[str, str], bool] = lambda _method, _path: True
    """Which addresses."""
    known: dict[str, deque[str]] = field(default_factory=dict)
    """Ids seen in answers, by the name of their field."""
    forgets: frozenset[str] = frozenset()
    """Fields whose ids are not remembered."""
    operations: list[tuple[str, str, Json]] = field(init=False)
    _count: int = 0
    _chance: float = 0.0
    """How likely what may be left out is said."""

    def __post_init__(self) -> None:
        self.operations = [
            (method.upper(), path, operation)
            for path, methods in self.description["paths"].items()
            for method, operation in methods.items()
            if self.only(method.upper(), path)
        ]

    def learn(self, content: Json) -> None:
        """Remember the ids of an answer."""
        if isinstance(content, dict):
            for name, value in content.items():
                if name in self.forgets:
                    continue
                if name.endswith("_id") and isinstance(value, str):
                    self.known.setdefault(name, deque(maxlen=KNOWN_MAX)).append(value)
                elif isinstance(value, dict | list):
                    self.learn(value)
        elif isinstance(content, list):
            for item in content[:KNOWN_MAX]:
                self.learn(item)

    def fresh(self) -> str:
        """An id nobody has used."""
        self._count += 1
        return f"fuzz-{self._count}-{self.rng.getrandbits(48):012x}"

    def make(self) -> Request:
        """A request that may be right, asked by one who may."""
        method, path, operation = self.rng.choice(self.operations)
        # Some for whom the address is not: but no more of them than tell something.
        if not self._roles(operation) and self.rng.random() < 0.8:
            return self.make()
        self._chance = self.rng.choice((0, 0, 0.1, 0.5))
        request = Request(method=method, template=path, path=path, canary=f"Kanarie!{self.fresh()}")
        for parameter in operation["parameters"]:
            self._parameter(request, parameter)
            if parameter["in"] == "query":
                request.asks += (parameter["name"],)
        request.path = request.path.replace("{market}", self.market_id)
        self._who(request, operation)
        self._content(request, operation)
        return request

    def _parameter(self, request: Request, parameter: Json) -> None:
        name, place = parameter["name"], parameter["in"]
        if place == "header":
            request.headers.append((name, self.fresh()))
        elif place == "path":
            if name != "market":
                made = self.values.get(f"/{name}", lambda: self._value(name, "none"))
                request.path = request.path.replace(f"{{{name}}}", str(made()))
        elif parameter.get("required") or self.rng.random() < self._chance:
            request.query.append((name, str(self._value(name, "x"))))

    def _who(self, request: Request, operation: Json) -> None:
        roles = self._roles(operation)
        if not roles or self.rng.random() < 0.05:
            roles = list(self.tokens)
        if operation["x-roles"] or self.rng.random() < 0.5:
            token = self.tokens[self.rng.choice(roles)]
            request.headers.append(("Authorization", f"Bearer {token}"))

    def _roles(self, operation: Json) -> list[str]:
        """Who may, of those that ask here; everybody where it is public."""
        return [who for who in self.tokens if who.split("-")[0] in operation["x-roles"]] or (
            [] if operation["x-roles"] else list(self.tokens)
        )

    def _content(self, request: Request, operation: Json) -> None:
        taken = operation.get("requestBody", {}).get("content", {})
        if not taken:
            return
        media = next(iter(taken))
        if media == "application/x-www-form-urlencoded":
            request.body = self.documents[request.template]()
        elif request.template in self.documents and self.rng.random() < 0.6:
            request.document = self.documents[request.template]()
        else:
            request.document = self._of_schema(taken[media]["schema"], "")
            if ARROW in taken and self.rng.random() < 0.5:
                media = self._bulk(request)
        request.headers.append(("Content-Type", media))

    def _bulk(self, request: Request) -> str:
        """The same orders in another format."""
        orders = request.document["orders"]
        names = list(dict.fromkeys(name for order in orders for name in order))
        rows = [[_cell(order.get(name)) for order in orders] for name in names]
        form = self.rng.choice(["text/csv", "application/x-ndjson", ARROW])
        if form == ARROW:
            sink = io.BytesIO()
            table = pa.table(dict(zip(names, rows, strict=True)))
            with pa.ipc.new_stream(sink, table.schema) as out:
                out.write_table(table)
            request.body = sink.getvalue()
        elif form == "text/csv":
            lines = [names, *zip(*rows, strict=True)]
            request.body = "".join(
                ",".join(text or "" for text in line) + "\r\n" for line in lines
            ).encode()
        else:
            request.body = b"\n".join(encoded(order) for order in orders)
        return form

    def _value(self, name: str, otherwise: Json) -> Json:
        ids = self.known.get(name)
        if ids and self.rng.random() < 0.9:
            return self.rng.choice(ids)
        made = self.values.get(name)
        if made is not None:
            return made()
        return self.fresh() if name.startswith("client_") or name == "deposit_id" else otherwise

    def _of_schema(self, schema: Json, name: str) -> Json:
        if "$ref" in schema:
            schema = self.description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        if "anyOf" in schema:
            schema = self.rng.choices(
                schema["anyOf"], weights=[4] + [1] * (len(schema["anyOf"]) - 1)
            )[0]
            return self._of_schema(schema, name)
        if schema.get("type") == "object":
            needed = set(schema.get("required", ()))
            return {
                item: self._of_schema(inner, item)
                for item, inner in schema.get("properties", {}).items()
                if item in needed or self.rng.random() < self._chance
            }
        if schema.get("type") == "array":
            least = max(1, schema.get("minItems", 0))
            return [
                self._of_schema(schema["items"], name) for _ in range(self.rng.randint(least, 3))
            ]
        return self._value(name, self._scalar(schema))

    def _scalar(self, schema: Json) -> Json:
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.rng.choice(schema["enum"])
        if schema.get("type") == "integer":
            least = schema.get("minimum", 0)
            return self.rng.randint(least, max(least, min(schema.get("maximum", 60), 3_600)))
        if schema.get("type") == "boolean":
            return self.rng.random() < 0.5
        if schema.get("type") == "null":
            return None
        return self.rng.choice(schema.get("examples", ["x"]))


def _cell(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(map(str, value))
    return str(value).lower()


# --- bends ---------------------------------------------------------------------------------

ODD: Final[tuple[Json, ...]] = (
    None, True, False, [], {}, 0, -1, 1, 0.5, -0.0, 2**31, 2**63, -(2**63) - 1, 10**40,
    Literal(b"1" * 5_000), Literal(b"NaN"), Literal(b"Infinity"), Literal(b"-Infinity"),
    Literal(b"1e999"), Literal(b"1e-999"), Literal(b"-0"), Literal(b"01"), Literal(b"+1"),
    Literal(b"0x10"), Literal(b'"\\ud800"'), Literal(b'"\\u0000"'), Literal(b"'x'"), Literal(b""),
    Literal(b'"\xff\xfe"'), Literal(b'"a\tb"'), "", " ", "\0", "a\0b", "\x1b[31m", "\u202egnp", "💥" * 9,
    "x" * 65, "x" * 5_000, "0", "0.001", "-0.001", "0.0000000001", "1e3", "\uff11", "\u0663.\u0665", "1,000", "1_000",
    " 1", "1 ", "--1", "1.", ".5", "NaN", "Infinity", "9" * 18, "9" * 400, "-500.00", "4000.00",
    "2016-06-15T00:00:00", "2016-06-15T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "2016-02-30T00:00:00Z", "2016-06-15T24:00:00Z", "2016-06-15T12:00:60Z", "2016-06-15T12:00:00+99:99",
    "2016-06-15T12:00:00.123456789Z", "2016-06-15", "../../etc/passwd", "'; DROP TABLE orders;--",
    "${7*7}", "{{7*7}}", "<script>alert(1)</script>", "%00", "%s%n", "..", "null", "true", "ada", "bob",
    "ada-load", "bob-solar", "market", "RUR",
)  # fmt: skip
MEDIA: Final = (
    "application/json", "application/json; charset=utf-16", "text/plain", "text/csv", "application/x-ndjson",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ARROW, "application/xml", "",
    "application/json, text/csv", "*/*", "/", "a" * 300,
)  # fmt: skip
ACCEPT: Final = (
    *MEDIA, "text/csv;q=0", "text/csv;q=x", "application/vnd.apache.parquet", "*/*;q=0", ";;;", "text/*", ",",
)  # fmt: skip
ENCODINGS: Final = ("gzip", "zstd", "br", "identity", "gzip, gzip", "x", "")


def deep(rng: random.Random) -> Json:
    """Something in something in something."""
    depth = rng.choice((5, 100, 20_000))
    if depth > 1_000:
        return Literal(rng.choice((b"[", b'{"a":')) * depth)
    value: Json = rng.choice(("x", 1, None))
    for _ in range(depth):
        value = [value] if rng.random() < 0.5 else {"items": value}
    return value


def odd(request: Request, rng: random.Random) -> Json:
    """A value that hardly fits."""
    chance = rng.random()
    if chance < 0.25:
        return request.canary
    return deep(rng) if chance < 0.3 else rng.choice(ODD)


def _places(value: Json, found: list[tuple[Json, Json]]) -> list[tuple[Json, Json]]:
    """Every container and key below a value."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        found.append((value, key))
        _places(inner, found)
    return found


Bend: TypeAlias = Callable[[Request, random.Random], None]


def other_value(request: Request, rng: random.Random) -> None:
    """A field holds something else."""
    places = _places(request.document, [])
    if places:
        holder, key = rng.choice(places)
        holder[key] = odd(request, rng)


def missing_field(request: Request, rng: random.Random) -> None:
    """A field or row is gone."""
    places = _places(request.document, [])
    if places:
        holder, key = rng.choice(places)
        del holder[key]


def unknown_field(request: Request, rng: random.Random) -> None:
    """A field nobody knows."""
    objects = _objects(request.document)
    if objects:
        rng.choice(objects)[rng.choice((request.canary, "order_id", "__proto__", "", "\0"))] = odd(
            request, rng
        )


def name_twice(request: Request, rng: random.Random) -> None:
    """A name stands twice."""
    if isinstance(request.document, dict) and request.document:
        name = rng.choice(list(request.document))
        request.document = Pairs((*request.document.items(), (name, odd(request, rng))))


def other_document(request: Request, rng: random.Random) -> None:
    """Something else is sent altogether."""
    request.document = rng.choice(
        ([request.document], {"items": [request.document]}, odd(request, rng))
    )


def many_rows(request: Request, rng: random.Random) -> None:
    """A list is longer."""
    lists = [
        holder[key]
        for holder, key in _places(request.document, [])
        if isinstance(holder[key], list)
    ]
    if lists:
        rows = rng.choice(lists)
        rows.extend(rows[:1] * rng.choice((1, 5, 200)))


def bytes_bent(request: Request, rng: random.Random) -> None:
    """Bytes are changed, lost, doubled, put in."""
    content = bytearray(request.content() or b"{}")
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(len(content) + 1)
        match rng.randrange(5):
            case 0:
                content[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del content[at:]
            case 2:
                content[at:at] = content[at : at + rng.randrange(64)]
            case 3:
                content[at:at] = rng.choice(
                    (b"\0", b"\xff", b"\n", b'"', b",,", b"}", b"\xef\xbb\xbf", b"=1+1")
                )
            case _:
                del content[at : at + rng.randrange(16)]
    request.body = bytes(content)


def random_bytes(request: Request, rng: random.Random) -> None:
    """No document, no file: bytes."""
    request.body = rng.randbytes(rng.choice((0, 1, 16, 300)))


def other_media(request: Request, rng: random.Random) -> None:
    """The body is said to be something else."""
    _header(request, "Content-Type", rng.choice(MEDIA))


def other_encoding(request: Request, rng: random.Random) -> None:
    """The body is said to be compressed, or is."""
    encoding = rng.choice(ENCODINGS)
    _header(request, "Content-Encoding", encoding)
    if encoding == "gzip" and rng.random() < 0.7:
        request.body = gzip.compress(request.content() or b"", mtime=0)
        if rng.random() < 0.5:
            bytes_bent(request, rng)


def other_accept(request: Request, rng: random.Random) -> None:
    """The answer is wanted in some other format."""
    _header(request, "Accept", rng.choice(ACCEPT))


def other_header(request: Request, rng: random.Random) -> None:
    """A header holds something odd."""
    name = rng.choice((
        "Authorization", "Idempotency-Key", "X-Correlation-ID", "traceparent", "Accept", "Last-Event-ID",
        "If-None-Match", "Range", "Expect", "Content-Type", "Cookie", "Origin", "X-Forwarded-For", request.canary,
    ))  # fmt: skip
    text = rng.choice((
        "", " ", "Bearer", "Bearer ", "bearer x.y.z", f"Bearer {request.canary}", "Basic YTpi", "x" * 3_000,
        "\xff\xfe", "é", "a,b;c", "bytes=0-1,5-", "W/\"x\"", "100", "00-" + "0" * 32 + "-" + "0" * 16 + "-00",
    ))  # fmt: skip
    _header(request, name, text)


def no_token(request: Request, rng: random.Random) -> None:
    """Nobody asks, or one whose token was changed."""
    token = dict(request.headers).get("Authorization", "")
    request.headers = [row for row in request.headers if row[0] != "Authorization"]
    if len(token) > 8 and rng.random() < 0.7:
        at = rng.randrange(7, len(token))
        request.headers.append(
            ("Authorization", token[:at] + rng.choice("Ax.-_=") + token[at + 1 :])
        )


def other_path(request: Request, rng: random.Random) -> None:
    """Part of the path is something else."""
    parts = request.path.split("/")
    at = rng.randrange(1, len(parts))
    piece = rng.choice((
        request.canary, "", ".", "..", "%2e%2e", "%2F", "%00", "%ff", "%", "%zz", "a%0d%0aX:y", ";", "~", "*",
        quote("💥"), "x" * 2_000, parts[at] + ":", ":" + parts[at], parts[at] + "%20", parts[at].upper(),
        parts[at] + "/", "ord-1", "nowhere", "1", "-1", "{order_id}",
    ))  # fmt: skip
    parts[at] = piece
    request.path = "/".join(parts)


def other_query(request: Request, rng: random.Random) -> None:
    """A parameter is odd, unknown or stands twice."""
    if request.asks and rng.random() < 0.8:
        name = rng.choice(request.asks)
        others = [row for row in request.query if row[0] != name]
        request.query = [*others, (name, _text(odd(request, rng)))]
        return
    name = rng.choice((
        "limit", "cursor", "start", "from", "to", "day", "state", "unit_id", "area_id", "on_behalf_of", "atomic",
        "label", "side", "green", "channel", "key", "price_min_per_mwh", "mine", request.canary, "", "a[]",
        *(name for name, _ in request.query),
    ))  # fmt: skip
    request.query.append((name, _text(odd(request, rng))))


def _text(value: Json) -> str:
    text = value.text.decode("latin-1") if isinstance(value, Literal) else str(value)
    return text[:2_000].encode("utf-8", "replace").decode()


def query_garbage(request: Request, rng: random.Random) -> None:
    """What stands after the question mark is no list of parameters."""
    request.query.clear()
    request.path += "?" + rng.choice(
        ("&&&", "=", "a", "%", "%zz=%zz", "a=%ff", "a=b=c", ";" * 50, "?", "limit=1&limit=2")
    )


def other_method(request: Request, rng: random.Random) -> None:
    """Another verb."""
    request.method = rng.choice(
        ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
    )


def no_http(request: Request, rng: random.Random) -> None:
    """What the web server itself refuses, or should."""
    request.is_http = False
    if request.method == "HEAD":
        request.method = "GET"
    line = f"{request.method} {request.target()} HTTP/1.1"
    heads = (
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET\r\n\r\n",
        f"{line}\r\nHost: a\r\nContent-Length: x\r\n\r\n".encode("latin-1", "replace"),
        f"{line}\r\nHost: a\r\nContent-Length: -1\r\n\r\n".encode("latin-1", "replace"),
        f"{line}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".encode(
            "latin-1", "replace"
        ),
        f"{line}\r\nHost: a\r\nno colon\r\n\r\n".encode("latin-1", "replace"),
        f"{line}\r\nHost: a\r\n: empty\r\n\r\n".encode("latin-1", "replace"),
        f"{request.method} {request.target()} HTTP/9.9\r\nHost: a\r\n\r\n".encode(
            "latin-1", "replace"
        ),
        f"{request.method} /é\xff HTTP/1.1\r\nHost: a\r\n\r\n".encode("latin-1", "replace"),
        f"{line}\r\nHost: a\r\nX: {'y' * 70_000}\r\n\r\n".encode("latin-1", "replace"),
    )
    request.head = rng.choice(heads)
    request.body = None


def _header(request: Request, name: str, text: str) -> None:
    request.headers = [row for row in request.headers if row[0] != name] + [(name, text)]


def _objects(value: Json) -> list[dict[str, Json]]:
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in _objects(item))]
    if isinstance(value, list):
        return [found for item in value for found in _objects(item)]
    return []


OF_DOCUMENTS: Final[tuple[Bend, ...]] = (
    other_value, other_value, other_value, other_value, missing_field, unknown_field, many_rows, name_twice,
    other_document,
)  # fmt: skip
OF_BODIES: Final[tuple[Bend, ...]] = (
    bytes_bent,
    bytes_bent,
    random_bytes,
    other_media,
    other_encoding,
)
OF_ALL: Final[tuple[Bend, ...]] = (
    other_accept, other_header, no_token, other_path, other_query, query_garbage, other_method, no_http,
)  # fmt: skip


def bent(request: Request, rng: random.Random) -> Request:
    """The request with none, one or a few bends; those of a document before those of its bytes."""
    for _ in range(rng.choices((0, 1, 2, 4), weights=(4, 6, 2, 1))[0]):
        bends: tuple[Bend, ...] = OF_ALL
        if request.document is not None and request.body is None and rng.random() < 0.6:
            bends = OF_DOCUMENTS
        elif request.content() is not None and rng.random() < 0.6:
            bends = OF_BODIES
        if not request.is_http:
            break
        bend = rng.choice(bends)
        bend(request, rng)
        request.bends.append(bend.__name__)
    return request
