"""Annotation templates are filled in here as Prometheus fills them in."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import pytest
import yaml

from exporter.model import Metric, Sample
from exporter.rules import Rulebook
from exporter.rules.templates import Template, TemplateError
from tests.servers.prometheus import promtool

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
    "{{ $labels.number | humanize }} {{ humanizeDuration $labels.number }}",
    "{{ title $labels.phrase }}|{{ toUpper $labels.phrase }}",
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


WORDS = {"word": "hello wORLD", "number": "1234.5", "phrase": "it's a-b_c 中文 d.e"}


@pytest.mark.server
def test_what_templates_make_of_values_is_what_promtool_expects(tmp_path):
    """What our judge writes is put down as the expectation of a promtool unit test."""
    given = numbers()
    short = [value for value in given if abs(float(value)) < 9e9 or value in ("NaN", "+Inf", "-Inf")]
    annotations = {f"t{n:02}": text for n, text in enumerate(TEMPLATES)}
    rules = [{"alert": "A", "expr": "x", "annotations": annotations}]
    rules += [
        {
            "alert": "T",
            "expr": "y",
            "annotations": {"t": "{{ humanizeTimestamp $value }} {{ $value | humanizeDuration }}"},
        }
    ]
    (tmp_path / "r.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    pairs = [("x", {"i": str(n), **WORDS}, value) for n, value in enumerate(given)]
    pairs += [("y", {"i": str(n)}, value) for n, value in enumerate(short)]
    judged = Rulebook.load([str(tmp_path / "r.yml")]).judge([("", sample(*pair)) for pair in pairs], NOW).findings
    assert len(judged) == len(pairs)
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
    test = {
        "interval": "1m",
        "input_series": [{"series": written(name, labels), "values": value} for name, labels, value in pairs],
        "alert_rule_test": [
            {"eval_time": "0s", "alertname": name, "exp_alerts": alerts} for name, alerts in expected.items()
        ],
    }
    (tmp_path / "r.test.yml").write_text(
        yaml.safe_dump({"rule_files": ["r.yml"], "evaluation_interval": "1m", "tests": [test]}, allow_unicode=True),
        encoding="utf-8",
    )
    tested = promtool("test", "rules", str(tmp_path / "r.test.yml"))
    assert tested.returncode == 0, differences(tested.stdout + tested.stderr)


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
    return re.findall(r'(t\d*)=("(?:\\.|[^"\\])*")', text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ humanise $value }}", "did you mean 'humanize'?"),
        ("{{ query `up` }}", "query is not a function here"),
        ("{{ range $labels }}x{{ end }}", "{{ range }} is not used here"),
        ("{{ if $value }}x", "{{ if $value }} is not closed"),
        ("{{ else }}", "stands without"),
        ("{{ end }}", "stands without"),
        ("{{ $value", "{{ is not closed"),
        ("{{ }}", "a value is missing"),
        ("{{ $value | }}", "a value is missing"),
        ("{{ $value $value }}", "only a function takes arguments"),
        ("{{ $label.shop }}", "write $labels.NAME or $value"),
        ("{{ .Shop }}", "write $labels.NAME or $value"),
        ("{{ . }}", "write $labels.NAME or $value"),
        ("{{ $x := 1 }}", "write $labels.NAME or $value"),
        ("{{ $value.x }}", "write $labels.NAME or $value"),
        ("{{ humanize }}", "humanize takes 1 argument, not 0"),
        ("{{ humanize $value 2 }}", "humanize takes 1 argument, not 2"),
        ('{{ printf "%x" 1 }}', "printf knows no %x here"),
        ("{{ (humanize $value }}", "a bracket is not closed"),
        ("{{ humanize $value) }}", "')' is not expected"),
        ("{{ printf title }}", "put a function and its arguments in brackets"),
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


@pytest.mark.parametrize(
    "text",
    [
        "{{ humanize $labels.word }}",
        "{{ toUpper $value }}",
        "{{ $labels | humanize }}",
        "{{ with $value }}{{ .x }}{{ end }}",
        "{{ printf $value }}",
        "{{ 1e300 | humanizeTimestamp }}",
    ],
)
def test_a_template_that_fails_leaves_the_fault_in_its_place(text):
    assert Template.of(text).expand({"word": "abc"}, 1.5).startswith("<error expanding template: ")
