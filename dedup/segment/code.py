"""In which language code is written, as what stands around it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment.attributes import attributes
from dedup.segment.segments import ElementTable, Segments

_AROUND: Final = 2  # elements around the box of the code: highlighters wrap it once or twice
_MOST_CLASS: Final = 400  # bytes
_MOST_TAG: Final = 1000  # bytes
# What people call languages in classes and fences. Other words are none: `language-switcher` is a class, too.
_LISTED: Final = """
abap ada apache apacheconf applescript arduino asm assembly awk bash basic bat batch brainfuck c c# c++ clojure
cmake cmd cobol coffee coffeescript conf console cpp crystal cs csharp css csv cuda cython d dart delphi diff
docker dockerfile dos elixir elm erb erlang f# fish fortran fsharp gherkin git glsl go golang gradle graphql
groovy haml handlebars haskell hcl hlsl html http ini ipython ipython3 java javascript jinja jinja2 jl js json
json5 jsonc jsp jsx julia kotlin kt kql ksh latex less lisp llvm log lua make makefile markdown markup
mathematica matlab md mdx mermaid nasm nginx nim nix objc objectivec ocaml pascal patch perl perl6 php plsql
postgresql powershell prolog promql properties proto protobuf ps1 pug puppet purescript py pycon python python2
python3 qml r racket raku rb reason rest rst ruby rust rs sas sass scala scheme scss sh shell smalltalk solidity
sparql sql stan svelte svg swift systemverilog tcl terraform tex tf toml ts tsql tsx twig typescript vala vb vba
vbnet verilog vhdl vim viml vue wasm webassembly wgsl xhtml xml xquery xsl xslt yaml yml zig zsh
"""
_NAMES: Final = frozenset(_LISTED.split())
# Of Prism and highlight.js (after HTML 4.5.15), GitHub, Sphinx, WordPress and SyntaxHighlighter.
_CLASS: Final = re.compile(
    r"(?<![\w-])(?:(language|lang)-|highlight-source-|highlight-|brush:\s?)([a-z][a-z0-9]{0,19}[+#]{0,2})(?![\w+#-])",
    re.IGNORECASE,
)
_LEAST_OUTSIDE: Final = 3  # letters: `lang-cs` around all of a page is Czech
_BEGINS_WITH_CODE: Final = re.compile(rb"\s*(<code\s[^<>]*+>)", re.IGNORECASE)
_INFO: Final = re.compile(r"\{?\.?([A-Za-z][A-Za-z0-9]{0,19}[+#]{0,2})(?![\w+#-])")


def languages_of(page: Segments, blocks: Sequence[int]) -> dict[int, str]:
    """The languages of blocks of code, in lower case, of those that have one.

    Args:
        page: that they stand in.
        blocks: their indices.
    """
    if page.table is None:
        return {block: page.languages[block] for block in blocks if page.languages and page.languages[block]}
    found = ((block, _language_in_html(page.table, int(page.elements[block]))) for block in blocks)
    return {block: language for block, language in found if language}


def language_of_info(info: str) -> str:
    """The language that a fence of Markdown names, in lower case; empty where it names none.

    A word that is no known language is one where it stands alone: what else would it be?
    """
    named = _INFO.match(info.strip())
    if named is None or not (named[1].lower() in _NAMES or named[0] == info.strip()):
        return ""
    return named[1].lower()


def _language_in_html(table: ElementTable, box: int) -> str:
    for own in (_classes_inside(table, box), _classes(table, box)):
        if language := next(_named(own, 1), ""):
            return language
    around = islice(table.ancestors(box), 1, 1 + _AROUND)
    return next((language for element in around for language in _named(_classes(table, element), _LEAST_OUTSIDE)), "")


def _named(classes: str, least: int) -> Iterator[str]:
    """The languages in a class; behind `lang-` of so many letters at least, where people's languages stand, too."""
    for word, name in _CLASS.findall(classes):
        if name.lower() in _NAMES and (not word or len(name) >= least):
            yield name.lower()


def _classes(table: ElementTable, element: int) -> str:
    number = int(table.rows[element, dom.NUMBER])
    if number < 0:
        return ""
    start, end = (int(table.tags[number, column]) for column in (reduction.CLASS_START, reduction.CLASS_END))
    return table.source[start : min(end, start + _MOST_CLASS)].tobytes().decode(errors="replace")


def _classes_inside(table: ElementTable, box: int) -> str:
    """Of the `<code>` that a box begins with, which the table of elements leaves out."""
    number = int(table.rows[box, dom.NUMBER])
    if number < 0:
        return ""
    end = int(table.tags[number, reduction.END])
    found = _BEGINS_WITH_CODE.match(table.source[end : end + _MOST_TAG].tobytes())
    return attributes(found[1].decode(errors="replace")).get("class", "")[:_MOST_CLASS] if found else ""
