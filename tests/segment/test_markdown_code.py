"""Code comes out of Markdown with the language that the page names."""

from __future__ import annotations

import time

import pytest
from markdown_it import MarkdownIt

import dedup
from dedup.archive.drafts import pack, unpack
from dedup.page import PageInput
from dedup.pipeline import analyse, finish

OPTIONS = dedup.CleanOptions(mode="annotate", content_format="markdown")


def language(markdown: str) -> str:
    (fence,) = (token for token in MarkdownIt("commonmark").parse(markdown) if token.type == "fence")
    assert fence.content == "x = 1\n"
    return fence.info


@pytest.mark.parametrize(
    ("markup", "named"),
    [
        ("<pre><code class='language-Python'>x = 1</code></pre>", "python"),
        ("<pre>\n<code id=c class=lang-c++>x = 1</code></pre>", "c++"),
        ("<pre class='prettyprint lang-js'><code>x = 1</code></pre>", "js"),
        ("<div class='highlight highlight-source-shell'><pre>x = 1</pre></div>", "shell"),
        (
            "<div class='highlight-python notranslate'><div class=highlight><pre><span></span>x = 1</pre></div></div>",
            "python",
        ),
        ("<pre class='brush: java; gutter: false'>x = 1</pre>", "java"),
        ("<pre class=highlight>x = 1</pre>", ""),
        ("<pre><code class='language-plaintext'>x = 1</code></pre>", ""),
        ("<div class='highlight-text-html-basic'><pre>x = 1</pre></div>", ""),
        ("<pre><code class='language-`python'>x = 1</code></pre>", ""),
        ("<div class='language-ruby highlighter-rouge'><div class=highlight><pre>x = 1</pre></div></div>", "ruby"),
        ("<pre class=lang-c>x = 1</pre>", "c"),
        ("<body class='page lang-cs'><pre>x = 1</pre>", ""),
        ("<html class=lang-en><body><pre>x = 1</pre>", ""),
        ("<div class='highlight-wrapper language-switcher'><pre>x = 1</pre></div>", ""),
        ("<pre><code data-a='x class=language-foo class=lang-c' class='language-go'>x = 1</code></pre>", "go"),
        ("<pre><code class='language-c&#35;'>x = 1</code></pre>", "c#"),
        ("<pre><code class='language-cé'>x = 1</code></pre>", ""),
        ("<section class=language-rust><div><div><div><pre>x = 1</pre></div></div></div></section>", ""),
    ],
)
def test_the_language_that_highlighters_put_into_classes_is_written(markup: str, named: str) -> None:
    page = PageInput(html=markup)
    assert language(dedup.clean(markup, options=OPTIONS).content) == named
    assert language(finish(unpack(pack(analyse(page, OPTIONS)), OPTIONS)).content) == named


@pytest.mark.parametrize(
    ("markdown", "named"),
    [
        ("```Python title=x\nx = 1\n```", "python"),
        ("~~~ {.rust .numbered}\nx = 1\n~~~", "rust"),
        ("```whatever\nx = 1\n```", "whatever"),
        ("```this is a sentence\nx = 1\n```", ""),
        ("    x = 1", ""),
        ("```\nx = 1\n```", ""),
        ("Text\n\n<pre><code class=language-go>x = 1</code></pre>\n", "go"),
    ],
)
def test_the_language_of_a_fence_is_kept(markdown: str, named: str) -> None:
    page = PageInput(markdown=markdown)
    assert language(dedup.clean(markdown=markdown, options=OPTIONS).content) == named
    assert language(finish(unpack(pack(analyse(page, OPTIONS)), OPTIONS)).content) == named


def test_hostile_classes_cost_time_in_proportion() -> None:
    """A page of code takes no longer for what its classes are."""
    spent = []
    for inside in ("", "class" + " " * 390, "class=" + "lang-" * 80, "a=b class" * 40):
        markup = f"<pre><code {inside}>x = 1</code></pre>" * 3000
        start = time.process_time()
        dedup.clean(markup, options=OPTIONS)
        spent.append(time.process_time() - start)
    assert max(spent) < 10 * spent[0] + 1
