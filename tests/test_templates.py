"""Annotation templates are filled in here as Prometheus fills them in."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest
import yaml

from exporter.model import External, Metric, Sample
from exporter.rules import Rulebook
from exporter.rules.templates import Scene, Template, TemplateError
from tests.servers.prometheus import promtool, running

NOW = datetime(1970, 1, 1, tzinfo=UTC)

TEMPLATES = [
    "{{ $value }}",
    "{{ .Value }}|{{ $.Value }}",
    "{{ $labels }}",
    "{{ $labels.i }}/{{ .Labels.i }}/{{ $labels.missing }}/{{ $.Labels.word }}",
    "{{ humanize $value }} {{ $value | humanize1024 }} {{ $value | humanizePercentage }}",
    "{{ with $labels.missing }}never{{ else }}{{ $labels.word | toUpper | toLower | title }}{{ end }}",
    "{{ with $labels.word }}<{{ . }}>{{ $value }}{{ $.Value }}{{ end }}",
    "{{ with $labels }}{{ .word }}{{ end }}",
    "{{ if $labels.missing }}a{{ else if $labels.word }}b{{ else }}c{{ end }}",
    "{{ if $value }}not zero{{ else }}zero{{ end }}",
    "a   {{- $value -}}   b {{- /* a comment */ -}} c",
    '{{ printf "%.2f|%8.1f|%-8.1f|%08.3f|%+.1f|% .1f" $value $value $value $value $value $value }}',
    '{{ printf "%v|%g|%G|%e|%.3e|%.3g|%.0f|%5v" $value $value $value $value $value $value $value $value }}',
    '{{ printf "%d|%s|%t" $value $value $value }}',
    '{{ printf "%s|%5s|%-5s|%.2s|%v|%d|%f" $labels.word $labels.i $labels.i $labels.word $labels.word $labels.word $labels.word }}',
    '{{ printf "%d|%5d|%05d|%-5d|%+d|%v|%s|%f" 42 42 42 42 42 42 42 42 }}',
    '{{ printf "%t|%v|%d|%v" true false true $labels }}',
    '{{ printf "%s and %s" $labels.word }}|{{ printf "%s" $labels.word $value }}|{{ printf "100%%" }}',
    '{{ printf "%s: %s" $labels.word (printf "%.1f" $value) | title }}',
    '{{ "}} \\"quoted\\" \\u4e2d" }}{{ `raw }} \\n` }}{{ 1.50 }}{{ 7 }}{{ -3 }}{{ true }}',
    "{{ humanize `1_000` }} {{ humanize `0x1p4` }} {{ humanize `-inf` }}",
    "{{ $labels.number | humanize }} {{ humanizeDuration $labels.number }}",
    "{{ title $labels.phrase }}|{{ toUpper $labels.phrase }}",
    # what comes from outside
    "{{ $externalLabels.region }}/{{ .ExternalLabels.missing }}/{{ $externalLabels }}|{{ $externalURL }}",
    "{{ graphLink `rate(x{a=~'b c'}[5m]) > 1.5` }} {{ tableLink $labels.phrase }}",
    "{{ .ExternalURL }}{{ with $.ExternalLabels.region }}{{ . }}{{ end }}",
    # variables, and where they are known
    "{{ $x := $labels.word }}{{ $x }}{{ $x = `b` }}{{ $x }}{{ $y := $value }}{{ $y | humanize }}",
    "{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ $x = 3 }}{{ $x }}{{ end }}{{ $x }}",
    "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}",
    "{{ with $x := $labels.word }}{{ $x }}{{ . }}{{ else }}{{ $x }}{{ end }}{{ if $y := $labels.missing }}{{ else }}[{{ $y }}]{{ end }}",
    # ranges
    "{{ range $name, $text := $labels }}{{ $name }}={{ $text }};{{ end }}",
    "{{ range $labels }}{{ . }},{{ else }}none{{ end }}{{ range $x := .Labels }}{{ $x }}{{ $.Value }}{{ end }}",
    "{{ range $n, $s := query `sort(z)` }}{{ $n }}:{{ $s.Labels.k }}{{ $s.Value }}{{ .Labels }}{{ value . }} {{ end }}",
    "{{ range query `z > 100` }}x{{ else }}none{{ end }}",
    "{{ range $labels }}{{ if eq . `hello wORLD` }}{{ break }}{{ end }}{{ . }}{{ continue }}never{{ end }}",
    "{{ range $a, $b := query `sort(z)` }}{{ range query `sort_desc(z)` }}{{ if gt .Value 2.0 }}{{ continue }}{{ end }}{{ $a }}{{ .Value }} {{ end }}{{ end }}",
    # queries
    "{{ with query `z{k='b'}` }}{{ . | first | value | printf `%.3f` }} {{ label `k` (first .) }}{{ end }}",
    "{{ query `sum(z)` | first | value | humanize }}{{ query `scalar(z{k='a'}) + 1` | first | value }}",
    "{{ printf `z{k='%s'}` $labels.which | query | first | value }}{{ (query `count(z)` | first).Value }}",
    "{{ (index (sortByLabel `k` (query `z`)) 1).Labels.k }}{{ query `z` | sortByLabel `k` | first | label `k` }}{{ len (query `z`) }}",
    "{{ query `z` | first | strvalue }}|{{ with query `y_none` }}some{{ else }}none{{ end }}{{ if query `z` }}any{{ end }}",
    "{{ query `time()` | first | value }} {{ query `vector(1) unless z` | len }}",
    # comparing and logic
    "{{ if gt $value 5.0 }}a{{ end }}{{ if ge $value 0.0 }}b{{ end }}{{ if lt $value 1e3 }}c{{ end }}{{ if le $value -1.0 }}d{{ end }}{{ if eq $value 1.0 60.0 }}e{{ end }}{{ if ne $value 1.0 }}f{{ end }}",
    "{{ eq 1 1 }}{{ eq `a` `b` `a` }}{{ ne 1 2 }}{{ lt `a` `b` }}{{ le 2 2 }}{{ gt 1.5 1.2 }}{{ ge 'b' 'a' }}{{ eq true false }}",
    "{{ and 1 0 $labels.word }}{{ or 0 `` $labels.word }}{{ not 0 }}{{ not `a` }}{{ and true (eq $labels.word `hello wORLD`) }}",
    "{{ and 0 (index $labels.word 100) }}{{ or 1 (index $labels.word 100) }}",
    "{{ len $labels.phrase }} {{ len $labels }} {{ index $labels `word` }}{{ index $labels `none` }} {{ index `abc` 1 }} {{ slice `abcdef` 1 3 }}{{ slice `abc` 1 }}",
    # printing
    "{{ print $value $value `a` $value 1 2 }}|{{ println 1 `a` $value }}|{{ print }}{{ println }}|{{ print `a` `b` }}{{ print 1 true }}",
    r'{{ printf "%q %q %x %X %#x % x|%#q" "a\"b\n\u4e2d" 65 "hé" "hi" "hi" "hi" "raw" }}',
    '{{ printf "%x %X %#x %o %b %c %U %q %08b|%-6x|%+d" 255 255 255 8 5 20013 20013 20013 5 255 7 }}',
    '{{ printf "%x %X" $value $value }}|{{ printf "%6.2f%%|%06d|%.0f" $value 42 $value }}|{{ printf "%s" $labels }}',
    "{{ printf \"%v %s\" (len $labels) (print 1.5) }}|{{ 0x1F }} {{ 017 }} {{ 1e3 }} {{ .5 }} {{ 'a' }}",
    '{{ html `<a href="x">&\'` }} {{ urlquery `a b&c/中~` }} {{ safeHtml `<b>` }}',
    # texts
    "{{ match `w..LD$` $labels.word }}{{ match `^x` $labels.word }} {{ reReplaceAll `(\\w+) (?P<b>\\w+)` `$b-${1}x$$ $1x` $labels.word }}",
    "{{ reReplaceAll `b*` `-` `abc` }}{{ $labels.phrase | reReplaceAll `[a-z]` `*` }}",
    "{{ stripPort `a.b:80` }} {{ stripPort `[::1]:80` }} {{ stripPort `::1` }} {{ stripPort `a.b` }} {{ stripPort $labels.host }}",
    "{{ stripDomain `a.b.c:80` }} {{ stripDomain `10.0.0.1:80` }} {{ stripDomain `[::1]:80` }} {{ stripDomain `a.b` }} {{ stripDomain $labels.host }} {{ stripDomain `:80` }}",
    "{{ parseDuration `1h30m` }} {{ parseDuration `0` }} {{ parseDuration `1d` | humanizeDuration }} {{ parseDuration `250ms` }}",
    "{{ with args `a` $value }}{{ .arg0 }}{{ .arg1 }}{{ end }}{{ len (args 1 2 3) }}",
    "{{- /* only a comment */ -}}",
    "{{ if and (gt $value 1.0) (lt $value 1e6) }}between{{ else if eq $labels.i `0` }}first{{ else }}other{{ end }}",
    "{{ ($labels).word }}{{ (printf `%s` $labels.word) | len }}{{ $labels.word|toUpper }}{{$value}}{{-  $value  -}}  x",
]

TIMES = [
    "{{ humanizeTimestamp $value }} {{ $value | humanizeDuration }}",
    "{{ with toTime $value }}{{ .Year }}-{{ .Month }}-{{ .Day }} {{ .Hour }}:{{ .Minute }}:{{ .Second }} {{ .Weekday }} {{ .YearDay }} {{ .Unix }} {{ .UTC }}{{ end }}",
    "{{ toTime $value }}|{{ (toTime $value).Format `2006-01-02 15:04:05 Mon Jan 03PM MST -0700` }}|{{ $t := toTime $value }}{{ $t.Year }}",
]

FAILING = [
    "{{ humanize $labels.word }}",
    "{{ toUpper $value }}",
    "{{ $labels | humanize }}",
    "{{ with $value }}{{ .x }}{{ end }}",
    "{{ printf $value }}",
    "{{ 1e300 | humanizeTimestamp }}",
    "{{ toTime `NaN` }}",
    "{{ gt $value 5 }}",
    "{{ eq $labels.i 0 }}",
    "{{ lt true false }}",
    "{{ eq $labels $labels }}",
    "{{ query `y_none` | first }}",
    "{{ query `z +` }}",
    "{{ query `z + on () z` }}",
    "{{ query `'text'` | first }}",
    "{{ index $labels.word 100 }}",
    "{{ index $labels 1 }}",
    "{{ len $value }}",
    "{{ range $value }}x{{ end }}",
    "{{ parseDuration `5 minutes` }}",
    "{{ match `(` `a` }}",
    "{{ reReplaceAll `(?=a)` `b` `a` }}",
    "{{ value $labels }}",
    "{{ sortByLabel `a` $labels }}",
    "{{ slice `abc` 2 1 }}",
    "{{ with $labels.word }}{{ .x }}{{ end }}",
    "{{ (toTime 0).Nothing }}",
    "{{ with $labels }}{{ .word.x }}{{ end }}",
    "{{ humanize `1__000` }}",
    "{{ humanize `1e400` }}",
    "{{ humanize ` 1` }}",
    "{{ humanize true }}",
    "{{ with $x := 1 }}{{ $x.y }}{{ end }}",
]

VALUES = [
    *(
        "0",
        "-0",
        "1",
        "-1",
        "0.1",
        "100000",
        "1000000",
        "123456789",
        "1234567.5",
        "1e20",
        "1e21",
        "1e-4",
        "1e-5",
        "NaN",
        "+Inf",
        "-Inf",
    ),
    *(
        "59.99",
        "60",
        "3599.5",
        "3600",
        "86399",
        "86400",
        "-90061.5",
        "999.95",
        "999949",
        "1023.9",
        "1024",
        "0.00123",
        "-0.5",
        "1e-24",
        "1e30",
    ),
]


def numbers():
    chance = random.Random(4)
    drawn = [repr(chance.choice((-1, 1)) * chance.random() * 10 ** chance.randint(-12, 18)) for _ in range(25)]
    return [*VALUES, *drawn]


WORDS = {
    "word": "hello wORLD",
    "number": "1234.5",
    "phrase": "it's a-b_c 中文 d.e",
    "which": "b",
    "host": "db1.shop.example:3306",
}
EXTERNAL = External({"region": "hz", "site": "a b"}, "https://sidecar.example.com/order/")
ASKED = [("z", {"k": "a"}, "1"), ("z", {"k": "b"}, "2.5"), ("z", {"k": "c"}, "40")]


def trial(folder, rules, pairs, expected):
    """Puts down rules, samples and what is expected of them as a promtool unit test, and runs it."""
    (folder / "r.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    test = {
        "interval": "1m",
        "input_series": [{"series": written(name, labels), "values": value} for name, labels, value in pairs],
        "alert_rule_test": [
            {"eval_time": "0s", "alertname": name, "exp_alerts": alerts} for name, alerts in expected.items()
        ],
        "external_labels": EXTERNAL.labels,
        "external_url": EXTERNAL.url,
    }
    (folder / "r.test.yml").write_text(
        yaml.safe_dump({"rule_files": ["r.yml"], "evaluation_interval": "1m", "tests": [test]}, allow_unicode=True),
        encoding="utf-8",
    )
    return promtool("test", "rules", str(folder / "r.test.yml"))


def annotations(templates):
    return {f"t{n:02}": text for n, text in enumerate(templates)}


@pytest.mark.server
def test_what_templates_make_of_values_is_what_promtool_expects(tmp_path):
    """What our judge writes is put down as the expectation of a promtool unit test."""
    given = numbers()
    short = [value for value in given if abs(float(value)) < 9e9]
    rules = [
        {"alert": "A", "expr": "x", "annotations": annotations(TEMPLATES)},
        {"alert": "T", "expr": "y", "annotations": annotations(TIMES)},
    ]
    (tmp_path / "r.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    pairs = [("x", {"i": str(n), **WORDS}, value) for n, value in enumerate(given)]
    pairs += [("y", {"i": str(n)}, value) for n, value in enumerate(short)]
    book = Rulebook.load([str(tmp_path / "r.yml")], EXTERNAL)
    judged = book.judge([("", sample(*pair)) for pair in [*pairs, *ASKED]], NOW).findings
    assert len(judged) == len(pairs)
    assert not [text for each in judged for text in each.annotations.values() if "<error" in text]
    expected = {
        name: [
            {
                "exp_labels": {k: v for k, v in each.labels.items() if k != "alertname"},
                "exp_annotations": dict(each.annotations),
            }
            for each in judged
            if each.rule == name
        ]
        for name in ("A", "T")
    }
    tested = trial(tmp_path, rules, [*pairs, *ASKED], expected)
    assert tested.returncode == 0, differences(tested.stdout + tested.stderr)


@pytest.mark.server
def test_the_address_and_the_labels_of_the_outside_are_those_of_a_real_prometheus(tmp_path):
    """Promtool has no address in its tests; and rules that query see what a server has."""
    texts = {
        "url": "{{ externalURL }} {{ pathPrefix }} {{ $externalURL }} {{ $externalLabels.region }} {{ $externalLabels }}",
        "asked": "{{ with query `up` }}{{ . | first | value }}{{ else }}nobody{{ end }}",
    }
    rule = {"alert": "A", "expr": "vector(2)", "labels": {"at": "{{ $externalLabels.site }}"}, "annotations": texts}
    (tmp_path / "r.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "g", "interval": "1s", "rules": [rule]}]}), encoding="utf-8"
    )
    config = yaml.safe_dump(
        {"global": {"external_labels": dict(EXTERNAL.labels)}, "rule_files": [str(tmp_path / "r.yml")]}
    )
    with running(tmp_path / "server", config, f"--web.external-url={EXTERNAL.url}", "--web.route-prefix=/") as server:
        server.wait_for("ALERTS")
        (there,) = server.get("/api/v1/alerts")["alerts"]
    external = External(EXTERNAL.labels, EXTERNAL.url.rstrip("/"))  # as Prometheus has it
    (here,) = Rulebook.load([str(tmp_path / "r.yml")], external).judge([], NOW).findings
    assert (there["labels"], there["annotations"]) == (here.labels, here.annotations)


@pytest.mark.server
def test_what_fails_here_fails_in_prometheus_and_leaves_the_fault_in_its_place(tmp_path):
    rules = [
        {"alert": "A", "expr": "x", "labels": annotations(FAILING[:2]), "annotations": annotations(FAILING)},
    ]
    pair = ("x", {"i": "0", **WORDS}, "1.5")
    tested = trial(tmp_path, rules, [pair, *ASKED], {"A": []})
    there = [note for note, text in _notes(tested.stdout + tested.stderr) if "<error expanding template: " in text]
    book = Rulebook.load([str(tmp_path / "r.yml")], EXTERNAL)
    (finding,) = book.judge([("", sample(*each)) for each in [pair, *ASKED]], NOW).findings
    here = [name for name, text in finding.annotations.items() if text.startswith("<error expanding template: ")]
    assert sorted({*there}) == here == list(annotations(FAILING)), sorted({*here} ^ {*there})
    assert finding.labels["t00"].startswith("<error expanding template: ")


def sample(name, labels, value):
    return Sample(Metric(name, "A metric.", tuple(labels)), float(value), tuple(labels.values()))


def written(name, labels):
    return f"{name}{{{', '.join(f'{key}={chr(34)}{text}{chr(34)}' for key, text in labels.items())}}}"


def differences(output):
    """Of promtool's long list only the annotations that are not in both halves."""
    expected, _, got = output.partition("got:")
    there, here = (dict(re.findall(r"Labels:(\{.*\})\s+Annotations:(\{.*\})", half)) for half in (got, expected))
    odd = [
        f"{key} of {labels}\n  here:  {text}\n  there: {other}"
        for labels in here
        for (key, text), (_, other) in zip(_notes(here[labels]), _notes(there.get(labels, "")), strict=False)
        if text != other
    ]
    return "\n".join(odd) or output[-4000:]


def _notes(text):
    return re.findall(r'(t\d+)=("(?:\\.|[^"\\])*")', text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ humanise $value }}", "did you mean 'humanize'?"),
        ("{{ tmpl `a` $value }}", "did you mean 'html'?"),
        ("{{ template `a` }}", "{{ template }} is not used here; only if, with and range are"),
        ("{{ define `a` }}x{{ end }}", "{{ define }} is not used here"),
        ("{{ break }}", "{{ break }} is not used here"),
        ("{{ with 1 }}a{{ else with 2 }}b{{ end }}", "{{ else with 2 }} is not used here"),
        ("{{ if $value }}x", "{{ if $value }} is not closed"),
        ("{{ else }}", "stands without"),
        ("{{ end }}", "stands without"),
        ("{{ $value", "{{ is not closed"),
        ("{{ }}", "a value is missing"),
        ("{{ $value | }}", "a value is missing"),
        ("{{ $value $value }}", "only a function takes arguments"),
        ("{{ $label.shop }}", "$label is not known here; did you mean '$labels'?"),
        ("{{ $.Shop }}", "write $labels.NAME or $value"),
        ("{{ $labels.shop.x }}", "write $labels.NAME or $value"),
        ("{{ .Value.x }}", "write $labels.NAME or $value"),
        ("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "$x is not known here"),
        ("{{ $x = 1 }}", "$x is not known here"),
        ("{{ range $x, := $labels }}{{ end }}", "$x is not known here"),
        ("{{ 08 }}", "08 is no number"),
        ("{{ .Shop }}", "write $labels.NAME or $value"),
        ("{{ . }}", "write $labels.NAME or $value"),
        ("{{ $value.x }}", "write $labels.NAME or $value"),
        ("{{ humanize }}", "humanize takes 1 argument, not 0"),
        ("{{ humanize $value 2 }}", "humanize takes 1 argument, not 2"),
        ('{{ printf "%p" 1 }}', "printf knows no %p here"),
        ('{{ printf "%[1]d" 1 }}', "printf knows no %[ here"),
        ("{{ (humanize $value }}", "a bracket is not closed"),
        ("{{ humanize $value) }}", "')' is not expected"),
        ("{{ printf title }}", "title takes 1 argument, not 0"),
        ('{{ "\\q" }}', "is not expected here"),
        ('{{ printf "5 %" }}', "ends in %"),
        ("{{ " + "(" * 5000 + " }}", "nested too deep"),
        ("{{ 1 }}" * 201, "200 actions"),
        ("x" * 20_001, "longer than 20000 characters"),
    ],
)
def test_a_template_that_prometheus_would_not_take_or_we_cannot_fill_is_refused(text, said):
    with pytest.raises(TemplateError) as caught:
        Template.of(text)
    assert said in str(caught.value)


def test_ranges_within_ranges_end_and_so_does_the_text():
    turns = "{{ range $labels }}" * 5 + "x" + "{{ end }}" * 5
    assert "more than 10000 turns" in Template.of(turns).expand({f"l{n}": "a" for n in range(10)}, 1)
    text = "{{ range $labels }}" + "{{ . }}" * 100 + "{{ end }}"
    assert "longer than 100000 characters" in Template.of(text).expand({"a": "x" * 2000}, 1)


def test_a_query_is_evaluated_once_a_round_however_many_alerts_ask():
    asked = []
    scene = Scene(External(), 0.0, lambda text: [asked.append(text)][:0])
    template = Template.of("{{ query `up` | len }}{{ query `up` | len }}")
    assert [template.expand({}, 1, scene) for _ in range(3)] == ["00"] * 3
    assert asked == ["up"]
