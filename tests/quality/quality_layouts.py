"""Sources as whole pages, in the markup that different builders write."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from html import escape

from quality_pages import Section, Source


def markup(source: Source) -> str:
    """The page, in the layout that the source asks for."""
    body, head = LAYOUTS[source.meta["layout"]](source)
    direction = "rtl" if source.meta["lang"] == "ar" else "ltr"
    title = escape(source.meta["title"])
    return (
        f'<!DOCTYPE html>\n<html lang="{source.meta["lang"]}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title} | Northern Post</title>'
        f'\n<link rel="stylesheet" href="/assets/main.css?v=31">\n{head}\n</head>\n{body}\n</html>\n'
    )


def links(words: Iterable[str], wrap: str = "li", name: str = "") -> str:
    attribute = f' class="{name}"' if name else ""
    return "\n".join(
        f'<{wrap}{attribute}><a href="/p/{i}">{escape(word)}</a></{wrap}>' for i, word in enumerate(words)
    )


def div(name: str, *inner: str) -> str:
    return f'<div class="{name}">\n' + "\n".join(inner) + "\n</div>"


def body_of(source: Source) -> str:
    return "\n".join(section.html for section in source.sections)


def soup(markup: str) -> str:
    """The same without any element that tells: paragraphs and headings become boxes."""
    for tag, name in (("p", "txt_k2"), ("h2", "hd_k7"), ("blockquote", "qt_k1")):
        markup = markup.replace(f"<{tag}>", f'<div class="{name}">').replace(f"</{tag}>", "</div>")
    return markup


def consent(source: Source, name: str = "cookie-banner") -> str:
    buttons = "".join(f"<button type=button>{escape(b)}</button>" for b in source.furniture["consent_buttons"])
    return f'<div class="{name}" role="dialog"><p>{escape(source.furniture["consent"])}</p>{buttons}</div>'


def share(source: Source) -> str:
    return f'<ul class="share-buttons">{links(source.furniture["share"])}</ul>'


def newsletter(source: Source) -> str:
    heading, text, button = map(escape, source.furniture["newsletter"])
    form = f'<form action="/subscribe"><input type="email" name="mail"><button>{button}</button></form>'
    return div("newsletter-signup", f"<h3>{heading}</h3>", f"<p>{text}</p>", form)


def teasers(source: Source, heading: str, count: int = 5, *, boxes: bool = False) -> str:
    items = source.furniture["teasers"][:count]
    title = escape(source.furniture[heading])
    if boxes:
        rows = [
            f'<div class="i_q3"><div><a href="/n/{i}">{escape(a)}</a></div><div>{escape(b)}</div></div>'
            for i, (a, b) in enumerate(items)
        ]
        return div("w_q1", f'<div class="t_q2">{title}</div>', *rows)
    rows = [f'<li><h4><a href="/n/{i}">{escape(a)}</a></h4><p>{escape(b)}</p></li>' for i, (a, b) in enumerate(items)]
    return f'<section class="related-posts"><h3>{title}</h3><ul>{"".join(rows)}</ul></section>'


def comments(source: Source) -> str:
    rows = [
        f'<li class="comment"><div class="comment-author"><b class="fn">{escape(who)}</b></div>'
        f'<div class="comment-content"><p>{escape(text)}</p></div>'
        f'<a class="comment-reply-link" href="#r">{escape(source.furniture["reply"])}</a></li>'
        for who, text in source.furniture["readers"]
    ]
    heading = escape(source.furniture["comments"])
    return f'<div id="comments" class="comments-area"><h2>{heading}</h2><ol class="comment-list">{"".join(rows)}</ol></div>'


def pagination(source: Source) -> str:
    return f'<div class="pagination">{links(source.furniture["pagination"], "span", "page-numbers")}</div>'


def search(source: Source) -> str:
    label = escape(source.furniture["search"])
    return (
        f'<form class="search-form" role="search"><label>{label}</label><input name=q><button>{label}</button></form>'
    )


def header(source: Source) -> str:
    menu = f'<nav class="main-navigation"><ul>{links(source.furniture["menu"])}</ul></nav>'
    return f'<header class="site-header">\n<a class="logo" href="/">Northern Post</a>\n{menu}\n{search(source)}\n</header>'


def footer(source: Source) -> str:
    *entries, owner = source.furniture["footer"]
    return f'<footer class="site-footer">\n<ul>{links(entries)}</ul>\n<p>{escape(owner)}</p>\n</footer>'


def title(source: Source, tag: str = "h1", name: str = "entry-title") -> str:
    return f'<{tag} class="{name}">{escape(source.meta["title"])}</{tag}>'


def byline(source: Source) -> str:
    author = source.meta.get("author", "Redaktion")
    return f'<p class="byline">{escape(source.furniture["by"])} {escape(author)} · <time datetime="2024-03-14">14.03.2024</time></p>'


def crumbs(source: Source) -> str:
    return f'<nav class="breadcrumb" aria-label="breadcrumb"><ol>{links(source.furniture["crumbs"])}</ol></nav>'


def advert(source: Source) -> str:
    return div("ad-slot advert", f'<span class="ad-label">{escape(source.furniture["advert"])}</span>')


def page(source: Source, *inner: str, name: str = "page") -> str:
    return "\n".join((f'<body class="{name}">', consent(source), header(source), *inner, footer(source), "</body>"))


Layout = tuple[str, str]


def semantic(source: Source) -> Layout:
    head = '<meta property="og:type" content="article">'
    article = ("<main><article>", title(source), byline(source), share(source), body_of(source), "</article>")
    aside = f"<aside>{teasers(source, 'popular')}</aside>"
    return page(
        source, crumbs(source), *article, newsletter(source), teasers(source, "related", 3), "</main>", aside
    ), head


def boxes(source: Source, *below: str) -> str:
    return "\n".join(
        (
            '<body><div id="a0">',
            f'<div class="m_q1">{links(source.furniture["menu"], "div", "mi_q2")}</div>',
            f'<div class="r_q1"><div class="hl_k9">{escape(source.meta["title"])}</div>',
            f'<div class="by_k4">{escape(source.furniture["by"])} {escape(source.meta["author"])}</div>',
            f'<div class="s_q7">{links(source.furniture["share"], "div")}</div>',
            soup(body_of(source)),
            "</div>",
            *below,
            f'<div class="z_q1">{links(source.furniture["footer"][:-1], "div")}',
            f"<div>{escape(source.furniture['footer'][-1])}</div></div>",
            f'<div class="z_q2"><div>{escape(source.furniture["consent"])}</div>',
            links(source.furniture["consent_buttons"], "div") + "</div></div></body>",
        )
    )


def plain_soup(source: Source) -> Layout:
    return boxes(source, teasers(source, "related", boxes=True)), ""


def soup_twice(source: Source) -> Layout:
    lists = teasers(source, "popular", 3, boxes=True), teasers(source, "related", boxes=True)
    return boxes(source, *lists), ""


def wordpress(source: Source) -> Layout:
    post = div("entry-content", body_of(source))
    article = f'<article class="post type-post hentry"><header class="entry-header">{title(source)}{byline(source)}</header>{post}{share(source)}</article>'
    sidebar = div("widget-area sidebar", search(source), teasers(source, "popular"), newsletter(source))
    head = '<meta name="generator" content="WordPress 6.4"><meta property="og:type" content="article">'
    main = div("site-main", article, teasers(source, "related", 3), comments(source))
    return page(source, main, sidebar, name="post-template-default single single-post"), head


def blog(source: Source) -> Layout:
    post = div("post-body", body_of(source))
    main = div("post", title(source, "h2", "post-title"), byline(source), post, share(source), comments(source))
    return page(source, main, div("sidebar", teasers(source, "popular"), advert(source)), pagination(source)), ""


def elementor(source: Source) -> Layout:
    widgets = []
    for part in body_of(source).replace("<h2>", "\0<h2>").split("\0"):
        inner = div("elementor-widget-container", part)
        widgets.append(
            f'<div class="elementor-section elementor-top-section"><div class="elementor-column elementor-col-100">'
            f'<div class="elementor-element elementor-widget elementor-widget-text-editor">{inner}</div></div></div>'
        )
    return page(
        source, div("elementor", title(source, name="elementor-heading-title"), *widgets), newsletter(source)
    ), ""


def tables(source: Source) -> Layout:
    menu = "".join(
        f'<tr><td><font size="2"><a href="p{i}.html">{escape(m)}</a></font></td></tr>'
        for i, m in enumerate(source.furniture["menu"])
    )
    text = (
        body_of(source)
        .replace("<p>", '<p align="justify"><font face="Arial" size="2">')
        .replace("</p>", "</font></p>")
    )
    foot = " | ".join(f'<a href="f{i}.html">{escape(f)}</a>' for i, f in enumerate(source.furniture["footer"][:-1]))
    return (
        f'<body bgcolor="#ffffff"><table width="760" border="0" cellpadding="4"><tr><td colspan="2" bgcolor="#336699">'
        f'<font size="5" color="#ffffff">Northern Post</font></td></tr><tr><td width="140" valign="top">'
        f'<table border="0">{menu}</table></td><td valign="top"><h1><font face="Arial">{escape(source.meta["title"])}</font></h1>'
        f'<font size="1">{escape(source.furniture["by"])} {escape(source.meta["author"])}</font>\n{text}</td></tr><tr><td colspan="2" align="center">'
        f'<font size="1">{foot}<br>{escape(source.furniture["footer"][-1])}</font></td></tr></table></body>'
    ), ""


def phpbb(source: Source) -> Layout:
    posts = [
        f'<div id="p{i}" class="post has-profile bg{i % 2 + 1}"><div class="inner"><dl class="postprofile"><dt><a class="username" href="/u/{i}">'
        f"{escape(s.label)}</a></dt><dd>{17 * i + 4}</dd></dl><div class='postbody'><p class='author'><a href='#p{i}'>#{i + 1}</a> 12.04.2024 09:{i}4</p>"
        f'<div class="content">{s.html.replace("<p>", "").replace("</p>", "<br><br>")}</div></div></div></div>'
        for i, s in enumerate(source.sections)
    ]
    heading = f'<h2 class="topic-title"><a href="/t/1">{escape(source.meta["title"])}</a></h2>'
    login = f'<ul class="linklist">{links(source.furniture["login"])}</ul>'
    return page(
        source,
        login,
        crumbs(source),
        heading,
        pagination(source),
        *posts,
        pagination(source),
        name="section-viewtopic ltr",
    ), ""


def discourse(source: Source) -> Layout:
    posts = [
        f"<div itemprop='comment' itemscope itemtype='http://schema.org/Comment' class='topic-body crawler-post'><div class='crawler-post-meta'>"
        f"<span class='creator'><a href='/u/{i}'><span itemprop='name'>{escape(s.label)}</span></a></span> <time class='post-time'>March {i + 3}, 2024</time>"
        f"<span itemprop='position'>{i + 1}</span></div><div class='post' itemprop='text'>{s.html}</div><div class='crawler-linkback-list'></div></div>"
        for i, s in enumerate(source.sections)
    ]
    crawler = f"<noscript data-path='/t/1'>{header(source)}<div id='main-outlet' class='wrap' role='main'><div id='topic-title'><h1><a href='/t/1'>{escape(source.meta['title'])}</a></h1></div>{''.join(posts)}</div>{footer(source)}</noscript>"
    return (
        f'<body class="crawler"><discourse-assets></discourse-assets>\n{crawler}\n<script src="/assets/app.js"></script></body>',
        ('<meta name="generator" content="Discourse 3.2">'),
    )


def product(source: Source) -> Layout:
    tabs = f'<ul class="tabs wc-tabs" role="tablist">{links(s.label for s in source.sections)}</ul>'
    panels = [
        f'<div class="woocommerce-Tabs-panel panel" role="tabpanel" id="tab-{i}"{" hidden" if i else ""}><h2>{escape(s.label)}</h2>{s.html}</div>'
        for i, s in enumerate(source.sections)
    ]
    price = f'<p class="price"><span class="amount">{escape(source.meta["price"])}</span></p><button class="add_to_cart">+</button>'
    summary = div("summary entry-summary", title(source, name="product_title"), price)
    main = div("product type-product", summary, div("woocommerce-tabs", tabs, *panels))
    return page(source, crumbs(source), main, teasers(source, "popular"), name="single-product woocommerce"), (
        '<meta property="og:type" content="product">'
    )


def spa_product(source: Source) -> Layout:
    data = {
        "@context": "https://schema.org", "@type": "Product", "name": source.meta["title"],
        "description": "\n".join(section.text for section in source.sections),
        "offers": {"@type": "Offer", "price": source.meta["price"]},
    }  # fmt: skip
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return page(
        source, '<div id="root"></div>', title(source, name="sr-title"), '<script src="/bundle.js"></script>'
    ), head


def items(sections: list[Section], wrap: str, heading: str) -> str:
    return "\n".join(
        f'<{wrap} class="card"><a href="/i/{i}"><img src="/t/{i}.jpg" alt=""></a><{heading}><a href="/i/{i}">{escape(s.label)}</a></{heading}>{s.html}</{wrap}>'
        for i, s in enumerate(sections)
    )


def listing(source: Source) -> Layout:
    intro = f'<p class="archive-description">{escape(source.meta["intro"])}</p>'
    cards = div("posts-list", items(source.sections, "article", "h2"))
    return page(
        source,
        "<main>",
        title(source, name="page-title"),
        intro,
        cards,
        pagination(source),
        "</main>",
        newsletter(source),
    ), ""


def collection(source: Source) -> Layout:
    intro = div("collection-description rte", f"<p>{escape(source.meta['intro'])}</p>")
    grid = f'<ul class="product-grid grid">{items(source.sections, "li", "h3")}</ul>'
    return page(
        source,
        '<main id="MainContent">',
        title(source, name="collection-hero__title"),
        intro,
        grid,
        pagination(source),
        "</main>",
    ), ""


def landing(source: Source) -> Layout:
    hero = f'<section class="hero">{title(source)}<p class="lead">{escape(source.meta["intro"])}</p></section>'
    parts = [f'<section class="feature"><h2>{escape(s.label)}</h2>{s.html}</section>' for s in source.sections]
    return page(source, hero, *parts, newsletter(source), name="home"), ""


def docs(source: Source) -> Layout:
    tree = f'<div class="sphinxsidebar"><nav><ul>{links(source.furniture["menu"])}</ul></nav>{search(source)}</div>'
    body = body_of(source).replace("<pre>", '<div class="highlight"><pre>').replace("</pre>", "</pre></div>")
    main = div("document", div("body", f'<section id="s">{title(source)}{body}</section>'))
    turn = div("related", f"<ul>{links(source.furniture['pagination'][::4])}</ul>")
    return f"<body>{tree}{main}{turn}{footer(source)}</body>", '<meta name="generator" content="Sphinx 7.2">'


def qa(source: Source) -> Layout:
    parts = [
        f'<div class="{"question" if not i else "answer"}"><div class="votecell"><button>▲</button><span>{7 - i}</span></div>'
        f'<div class="postcell"><div class="s-prose js-post-body">{s.html}</div><div class="user-info"><a href="/u/{i}">{escape(s.label)}</a> 1,20{i}</div></div></div>'
        for i, s in enumerate(source.sections)
    ]
    side = f'<div id="sidebar">{teasers(source, "related")}</div>'
    return page(
        source,
        f'<div id="mainbar"><h1><a href="/q/1">{escape(source.meta["title"])}</a></h1>',
        *parts,
        "</div>",
        side,
    ), ""


def recipe(source: Source) -> Layout:
    body = div("wprm-recipe-container", body_of(source))
    main = f'<article class="post">{title(source)}{byline(source)}{share(source)}{body}</article>'
    return page(
        source, main, comments(source), teasers(source, "popular")
    ), '<meta property="og:type" content="article">'


def press(source: Source) -> Layout:
    main = div("press-release", '<h4 class="kicker">PR</h4>', title(source), body_of(source), share(source))
    return page(source, crumbs(source), main, teasers(source, "related", 3), newsletter(source)), ""


LAYOUTS: dict[str, Callable[[Source], Layout]] = {
    "semantic": semantic, "soup": plain_soup, "soup_twice": soup_twice, "wordpress": wordpress, "blog": blog,
    "elementor": elementor, "tables": tables, "phpbb": phpbb, "discourse": discourse, "product": product,
    "spa_product": spa_product, "listing": listing, "collection": collection, "landing": landing, "docs": docs,
    "qa": qa, "recipe": recipe, "press": press,
}  # fmt: skip
