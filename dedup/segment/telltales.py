"""Words of class and id attributes that tell what an element is for.

They are what authors and templates write in every language's pages; a category is one bit of an element's mask, so
that the judge can ask how far up the nearest such element stands. The same words are looked for in `role`,
`itemprop`, `data-testid` and the like. No category decides anything by itself.
"""

from __future__ import annotations

from typing import Final

from dedup.segment.tags import lookup_table

WORDS: Final[dict[str, str]] = {
    "navigation": "nav navbar navi navigation navigator menu menus submenu megamenu topmenu mainmenu dropdown"
    " offcanvas hamburger sitemap",
    "breadcrumb": "breadcrumb breadcrumbs crumb crumbs pathway",
    "header": "header head masthead topbar banner siteheader toolbar kopf",
    "footer": "footer foot colophon bottom bottombar copyright copy legal contentinfo impressum fuss",
    "sidebar": "sidebar side aside rail column col complementary secondary rightcol leftcol",
    "related": "related relacionadas similar recommend recommended recommendation recommendations recirc"
    " suggested suggestions more also readmore morelike outbrain taboola read trc",
    "popular": "popular trending mostread most top hot latest recent newest",
    "teaser": "teaser teasers promo promos promoted card cards tile tiles thumb thumbnail thumbs carousel"
    " slider swiper slick feed stream",
    "share": "share sharing shares sharer social socials addthis addtoany facebook twitter tweet whatsapp"
    " linkedin pinterest follow icons",
    "comments": "comment comments disqus replies reply respond discussion kommentar kommentare commentlist"
    " comentarios commentaires talkback",
    "consent": "cookie cookies consent gdpr privacy onetrust ccpa cookiebar datenschutz",
    "advert": "ad ads adv advert advertisement advertising advertorial sponsor sponsored sponsors adsense"
    " dfp gpt banner werbung anzeige publicidad adbox adsbygoogle adslot affiliate commercial",
    "newsletter": "newsletter newsletters subscribe subscription signup mailchimp optin mailing email",
    "login": "login signin register account user paywall premium member membership auth",
    "search": "search searchbox searchform suche buscar recherche",
    "pagination": "pagination pager paging pagenavi nextprev prev next previous pages older newer",
    "author": "author authors byline bylines writer bio avatar vcard autor auteur contributor contributors profile",
    "date": "date dates time timestamp published updated datetime pubdate posted",
    "meta": "meta metadata info details infos postmeta entrymeta dateline stats",
    "tags": "tag tags taxonomy category categories cat topic topics keywords label labels cats chips",
    "title": "title titles headline heading hed entrytitle pagetitle kicker eyebrow",
    "lead": "lead lede intro summary excerpt abstract dek standfirst subtitle subhead description teasertext chapo",
    "article": "article articles story stories articlebody storybody artikel noticia nota",
    "content": "content contents contenu contenido inhalt maincontent",
    "body": "body bodytext bodycopy copytext copybody prose richtext rte markdown wysiwyg editor",
    "text": "text texts txt texte texto paragraph para",
    "main": "main primary principal center centre hauptinhalt",
    "post": "post posts postbody postcontent blogpost message messages thread threads topicpost",
    "entry": "entry entries hentry entrycontent",
    "blog": "blog blogs news",
    "section": "section sections region zone area block module component panel",
    "widget": "widget widgets gadget portlet plugin box boxes",
    "modal": "modal popup overlay lightbox dialog drawer flyout toast notification alert notice tooltip interstitial",
    "media": "media image images img photo photos picture figure gallery video videos player audio embed",
    "caption": "caption captions credit credits imgcaption legend figcaption wpcaption copyright",
    "list": "list lists listing listings items grid collection results result archive archives index directory",
    "item": "item items row entryitem listitem",
    "product": "product products price prices shop cart basket buy purchase sku woocommerce addtocart"
    " wishlist variant",
    "review": "review reviews rating ratings stars testimonial testimonials feedback",
    "table": "table tables datatable spec specs specification specifications",
    "quote": "quote quotes blockquote pullquote citation cite",
    "question": "question questions answer answers faq faqs accordion qa help",
    "code": "code highlight codehilite syntax prettyprint snippet pre terminal console",
    "toc": "toc tableofcontents contentstable outline onthispage anchors",
    "reference": "reference references footnote footnotes reflist bibliography sources citations notes",
    "hidden": "hidden hide hid invisible visuallyhidden screenreader sr sronly offscreen collapse collapsed"
    " noprint displaynone",
    "print": "print printable tools actions controls buttons button btn cta link links",
    "language": "lang language languages translate translations locale hreflang",
    "skip": "skip skiplink skiplinks jump backtotop totop",
    "hero": "hero jumbotron splash cover feature featured features spotlight",
    "tab": "tab tabs tabpanel tabcontent pane",
    "event": "event events calendar schedule weather ticker live",
    "form": "form forms field fields input contact captcha",
    "brand": "logo brand branding site sitename",
    "disclaimer": "disclaimer disclosure terms policy correction corrections",
    "wiki": "mw wiki infobox navbox catlinks editsection mwparser hatnote thumbinner",
    "doc": "doc docs document documentation docstring api section guide tutorial rst",
    "service": "service services about team benefits pricing plan plans testimonial",
    "job": "job jobs career careers vacancy",
    "forum": "forum forums phpbb vbulletin discourse postrow bbp",
    "signature": "signature sig usertitle userinfo",
}

CATEGORIES: Final[tuple[str, ...]] = tuple(WORDS)
_NUMBER: Final = {
    word: number for number, words in reversed(list(enumerate(WORDS.values(), 1))) for word in words.split()
}
TABLE: Final = lookup_table(_NUMBER, 12)  # category + 1; a word of two categories counts for the first
# The words read backwards.
ENDINGS: Final = lookup_table({word[::-1]: number for word, number in _NUMBER.items()}, 12)

assert len(CATEGORIES) <= 64, "a category is a bit of a 64-bit mask"  # noqa: S101  (checked at import, by design)
