"""Texts that furniture says of itself, in many languages: the headings of widgets, consent, share and footer lines.

They count for short blocks only, and never against prose: an article that speaks of cookies stays an article.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge.phrase_kernels import automaton, lines, may_be_line, may_tell
from dedup.page import Role
from dedup.segment.segments import Segments

# What stands over a list of other pages. Compared whole, in lower case, without marks. Not "read more", which ends the
# items of many a list, nor "see also", which documentation has as a section.
_RELATED: Final = """
related articles|related stories|related posts|related news|related content|related|related topics|related links|
related coverage|more stories|more news|more articles|more from|more on this|more on this story|more like this|
read next|read also|up next|you may also like|you might also like|you may like|recommended|
recommended for you|recommended reading|recommended stories|hot this week|hot topics|topics|trending|trending now|
trending stories|trending news|most read|most popular|most viewed|most shared|most commented|popular|popular posts|
popular articles|popular stories|popular now|latest|latest news|latest stories|latest posts|latest articles|
latest headlines|recent posts|recent articles|recent stories|recent news|top stories|top news|editors picks|
editor's picks|editors' picks|editor’s picks|in the news|don't miss|don’t miss|do not miss|what to read next|
more headlines|also in the news|keep reading|other stories|other news|this week|today's top stories|headlines|
from our partners|sponsored content|promoted stories|around the web|in other news|featured|must read|must reads|
meistgelesen|meist gelesen|am meisten gelesen|mehr zum thema|weitere artikel|weitere themen|weitere nachrichten|
das könnte sie auch interessieren|das könnte dich auch interessieren|auch interessant|lesen sie auch|
beliebte artikel|beliebt|themen|aktuell|aktuelles|neueste artikel|neueste beiträge|top-themen|ähnliche artikel|
verwandte artikel|empfohlen|unsere empfehlungen|im trend|
à lire aussi|a lire aussi|lire aussi|les plus lus|articles les plus lus|le plus lu|sur le même sujet|
articles similaires|articles liés|à la une|à ne pas manquer|en ce moment|plus d'articles|plus d’articles|
dernières actualités|derniers articles|les plus populaires|populaires|tendances|recommandé pour vous|
nos recommandations|sujets|thèmes|dans la même rubrique|
lo más leído|lo más visto|más leídas|más leído|lo más popular|noticias relacionadas|artículos relacionados|
te puede interesar|también te puede interesar|te recomendamos|más noticias|últimas noticias|temas|tendencias|
lo último|relacionados|relacionadas|destacados|no te pierdas|lea también|lee también|además|
mais lidas|mais lidos|as mais lidas|leia também|notícias relacionadas|artigos relacionados|veja também|
últimas notícias|em alta|tópicos|recomendado|recomendados|destaques|mais notícias|
più letti|i più letti|leggi anche|articoli correlati|ultime notizie|potrebbe interessarti|
potrebbe interessarti anche|di tendenza|argomenti|in evidenza|notizie correlate|consigliati|
meest gelezen|lees ook|gerelateerde artikelen|meer nieuws|populair|laatste nieuws|onderwerpen|trending nu|
mest läst|läs också|relaterade artiklar|senaste nytt|mest lest|les også|siste nytt|mest læste|læs også|
luetuimmat|lue myös|najczęściej czytane|czytaj także|czytaj też|zobacz także|zobacz też|polecane|popularne|
powiązane artykuły|tematy|najnowsze|nejčtenější|čtěte také|související články|doporučujeme|témata|
legolvasottabb|legolvasottabbak|kapcsolódó cikkek|ajánlott|cele mai citite|citește și|articole similare|
самое читаемое|самое популярное|популярное|популярные статьи|читайте также|читать также|по теме|материалы по теме|
похожие статьи|похожие материалы|другие новости|последние новости|главное|главные новости|темы|тема недели|
рекомендуем|рекомендуемое|популярное за неделю|горячее на этой неделе|сейчас читают|ещё по теме|
найпопулярніше|читайте також|схожі статті|популярні новини|теми|
en çok okunanlar|en çok okunan|ilgili haberler|ilgili yazılar|bunlar da ilginizi çekebilir|benzer haberler|
son haberler|popüler|gündem|konular|önerilenler|haftanın öne çıkanları|diğer haberler|öne çıkanlar|
الأكثر قراءة|الأكثر مشاهدة|مواضيع ذات صلة|مقالات ذات صلة|أخبار ذات صلة|اقرأ أيضا|اقرأ أيضاً|إقرأ أيضا|
الأكثر شعبية|آخر الأخبار|مواضيع|المواضيع|قد يعجبك أيضا|قد يعجبك أيضاً|الأكثر تداولا|الأكثر رواجا|
פופולרי|כתבות נוספות|אולי יעניין אותך|הנקראות ביותר|کتاب های مرتبط|پربازدیدترین|اخبار مرتبط|مطالب مرتبط|
सबसे ज्यादा पढ़ा गया|सबसे ज़्यादा पढ़ी गई|संबंधित खबरें|संबंधित लेख|यह भी पढ़ें|ये भी पढ़ें|ट्रेंडिंग|लोकप्रिय|
ताज़ा खबरें|ताजा खबरें|विषय|इस सप्ताह चर्चित|
热门文章|热门新闻|热门推荐|热门话题|热门|热点|本周热门|
本周热点|相关文章|相关新闻|相关阅读|相关报道|相关推荐|
推荐阅读|推荐文章|为你推荐|猜你喜欢|最新文章|最新新闻|
最新消息|延伸阅读|阅读排行|点击排行|热门排行|话题|更多新闻|
更多文章|更多|今日热点|熱門文章|熱門新聞|相關文章|相關新聞|推薦閱讀|
最新文章|延伸閱讀|話題|你可能也喜歡|
人気記事|人気の記事|関連記事|
関連ニュース|おすすめ記事|おすすめ|あわせて読みたい|アクセスランキング|ランキング|
最新記事|最新ニュース|
今週の人気記事|今週の注目|今週の話題|トピックス|トピック|話題の記事|注目記事|よく読まれている記事|
인기 기사|많이 본 뉴스|많이 본 기사|관련 기사|관련기사|관련 뉴스|추천 기사|추천 뉴스|최신 기사|최신 뉴스|이번 주 인기|
이번 주 화제|
이번 주 인기 기사|주제|토픽|화제의 뉴스|인기 뉴스|실시간 인기|함께 보면 좋은 기사|
ยอดนิยม|ข่าวที่เกี่ยวข้อง|บทความที่เกี่ยวข้อง|อ่านเพิ่มเติม|ข่าวล่าสุด|บทความแนะนำ|เรื่องที่คุณอาจสนใจ|หัวข้อ|
ข่าวยอดนิยม|อ่านมากที่สุด|เรื่องเด่น|มาแรงสัปดาห์นี้|ประเด็นร้อนสัปดาห์นี้|แนะนำสำหรับคุณ|
đọc nhiều|tin liên quan|bài viết liên quan|xem thêm|đọc thêm|tin mới|chủ đề|có thể bạn quan tâm|
terpopuler|berita terkait|artikel terkait|baca juga|berita terbaru|topik|trending minggu ini|
δημοφιλή|σχετικά άρθρα|διαβάστε επίσης|τελευταία νέα|θέματα
"""

# Words that furniture of a role does not go without, and that other short texts rarely hold.
_WORDS: Final[dict[Role, str]] = {
    "consent": "cookie cookies gdpr çerez çerezleri çerezler куки evästeitä informasjonskapsler",
    "share": "facebook whatsapp telegram linkedin pinterest tweet twitter weibo teilen partager compartir condividi"
    " compartilhar delen paylaş поделиться вконтакте",
    "footer": "impressum imprint",
    "newsletter": "newsletter subscribe подписаться bülten",
}
# Phrases of several words, and words of scripts that write no spaces or join them to others.
_PHRASES: Final[dict[Role, tuple[str, ...]]] = {
    "consent": ("クッキー", "쿠키", "ملفات تعريف الارتباط", "ملفات الارتباط", "कुकी", "คุกกี้", "饼干", "cookie"),
    "share": (
        *("share this", "share on", "share via", "copy link", "微信", "微博", "分享到", "シェア", "공유", "카카오톡"),
        *("مشاركة", "साझा करें", "แชร์"),
    ),
    "footer": (
        *("©", "all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos"),
        *(
            "todos os direitos",
            "все права защищены",
            "版权所有",
            "無断転載",
            "무단",
            "جميع الحقوق محفوظة",
            "सर्वाधिकार",
        ),
        *("สงวนลิขสิทธิ์", "tüm hakları", "tutti i diritti", "terms of use", "terms of service", "privacy policy"),
    ),
    "newsletter": ("sign up for", "рассылк", "订阅", "購読", "뉴스레터"),
}

ROLES: Final[tuple[Role, ...]] = tuple(_WORDS | _PHRASES)  # all that a text can tell
HEADINGS: Final = frozenset(phrase.strip() for phrase in _RELATED.replace("\n", "").split("|") if phrase.strip())
_ROLE_OF_WORD: Final[dict[str, Role]] = {word: role for role, words in _WORDS.items() for word in words.split()}
_ROLE_OF_PHRASE: Final = tuple((phrase, role) for role, phrases in _PHRASES.items() for phrase in phrases)
_ROLE_OF_ASCII: Final = tuple((phrase, role) for phrase, role in _ROLE_OF_PHRASE if phrase.isascii())
_AUTOMATON: Final = automaton([word for word in _ROLE_OF_WORD if word.isascii()] + [p for p, _ in _ROLE_OF_ASCII])
_MARKS: Final = " \t\n:：.…!?»«\"'“”›>→▸►|-–—*#•"
_HEADING_LINES: Final = lines(HEADINGS, _MARKS)


def first_list_heading(page: Segments, blocks: npt.NDArray[np.intp]) -> int | None:
    """Which of some blocks, by its place among them, is the first that stands over lists of other pages."""
    may = np.empty(len(blocks), np.bool_)
    may_be_line(page.text, page.offsets, blocks, *_HEADING_LINES, may)
    number: int
    for number in np.flatnonzero(may).tolist():
        if page.text_of(blocks[number]).strip(_MARKS).lower() in HEADINGS:
            return number
    return None


def told_roles(page: Segments, blocks: npt.NDArray[np.intp]) -> Iterator[tuple[int, Role]]:
    """Blocks, of some short ones, that say what furniture they are, and what they say."""
    may = np.empty(len(blocks), np.bool_)
    may_tell(page.text, page.offsets, blocks, *_AUTOMATON, may)
    for block in blocks[may].tolist():
        if role := role_of(page.text_of(block)):
            yield block, role


def role_of(text: str) -> Role | None:
    """The furniture that a short text says it is."""
    low = text.lower()
    for word in low.split():
        if role := _ROLE_OF_WORD.get(word.strip(_MARKS + ",()")):
            return role
    for phrase, role in _ROLE_OF_ASCII if low.isascii() else _ROLE_OF_PHRASE:
        if phrase in low:
            return role
    return None
