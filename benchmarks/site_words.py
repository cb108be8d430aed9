"""Words of several scripts, from which made-up sites write their text."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language as a made-up site writes it.

    Attributes:
        lang: its BCP 47 tag.
        words: to write sentences from.
        gap: between words.
        stop: at the end of a sentence.
        names: of authors.
        labels: of furniture: home, most read, share, comments, print, search, by, consent, accept, newsletter, rights.
    """

    lang: str
    words: tuple[str, ...]
    gap: str
    stop: str
    names: tuple[str, ...]
    labels: tuple[str, ...]

    def sentence(self, random_: random.Random, least: int = 7, most: int = 18) -> str:
        """Words at random, closed as a sentence."""
        chosen = [random_.choice(self.words) for _ in range(random_.randint(least, most))]
        if len(chosen) > 10:
            chosen[5] += "，" if self.gap == "" else ","
        text = self.gap.join(chosen)
        return text[:1].upper() + text[1:] + self.stop

    def paragraph(self, random_: random.Random, sentences: int) -> str:
        """Some sentences."""
        between = "" if self.gap == "" else " "
        return between.join(self.sentence(random_) for _ in range(sentences))

    def headline(self, random_: random.Random) -> str:
        """A sentence without its stop."""
        return self.sentence(random_, 4, 8).removesuffix(self.stop)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TONGUES: Final = (
    Tongue(
        "en",
        _words(
            "the council bridge harbour after winter market school engineers river opened plans voted against new"
            " budget older families residents said report of in while under without because morning train night"
            " builders waited for permission from city and region two hundred boats left before dawn nobody expected"
            " such prices again next year will remain closed until inspectors have seen every pillar of it"
        ),
        " ",
        ".",
        ("Ann Leroy", "Tom Okafor", "Mira Stein"),
        (
            "Home", "Most read", "Share this", "Comments", "Print this page", "Search", "By",
            "We use cookies to improve your visit and to measure our audience.", "Accept all",
            "Get our best stories every morning, free.", "All rights reserved. No part may be reproduced in any form.",
        ),
    ),
    Tongue(
        "de",
        _words(
            "die Brücke der Hafen nach dem Winter wurde geschlossen weil Prüfer Risse fanden im Pfeiler und die Stadt"
            " sucht Geld für den Umbau Anwohner warten seit Monaten auf Antwort vom Rat am Morgen fuhren zwei Züge ohne"
            " Halt vorbei niemand hatte damit gerechnet dass Preise wieder steigen während Schulen neue Räume brauchen"
        ),
        " ",
        ".",
        ("Jonas Brandt", "Lea Vogt", "Karin Seidel"),
        (
            "Startseite", "Meistgelesen", "Teilen", "Kommentare", "Seite drucken", "Suche", "Von",
            "Wir verwenden Cookies, um unser Angebot zu verbessern und Zugriffe zu messen.", "Alle akzeptieren",
            "Unser Newsletter: jeden Morgen das Wichtigste, kostenlos.", "Alle Rechte vorbehalten. Nachdruck verboten.",
        ),
    ),
    Tongue(
        "ru",
        _words(
            "мост закрыли после зимы потому что инженеры нашли трещины в опорах город ищет деньги на ремонт жители ждут"
            " ответа совета уже два месяца утром прошли поезда без остановки никто не ожидал таких цен снова школа"
            " получит новые классы рынок откроется весной перед праздником над рекой стоял туман"
        ),
        " ",
        ".",
        ("Анна Орлова", "Пётр Синицын", "Вера Лаптева"),
        (
            "Главная", "Самое читаемое", "Поделиться", "Комментарии", "Версия для печати", "Поиск", "Автор:",
            "Мы используем файлы cookie, чтобы сайт работал лучше и чтобы считать посетителей.", "Принять все",
            "Подпишитесь на утреннюю рассылку, это бесплатно.", "Все права защищены. Перепечатка запрещена.",
        ),
    ),
    Tongue(
        "zh",
        _words(
            "大桥 港口 冬天 之后 关闭 工程师 发现 裂缝 城市 需要 资金 修理 居民 等待 议会 答复"
            " 早晨 两列 火车 没有 停靠 谁也 没想到 价格"
            " 再次 上涨 学校 得到 新的 教室 市场 明年 春天 开放 河面 有雾 渔船 出发 检查 每根 柱子 报告 说明 预算 增加"
        ),
        "",
        "。",
        ("王小兰", "李建国", "陈思远"),
        (
            "首页", "热门文章", "分享到", "评论", "打印本页", "搜索", "作者：",
            "我们使用Cookie来改善您的访问体验并统计访问量。", "全部接受",
            "订阅我们的晨间简报，完全免费。", "版权所有，未经许可不得转载。",
        ),
    ),
    Tongue(
        "ar",
        _words(
            "الجسر الميناء بعد الشتاء أغلق لأن المهندسين وجدوا شقوقا في الأعمدة المدينة تبحث عن المال للإصلاح السكان"
            " ينتظرون رد المجلس منذ شهرين في الصباح مر قطاران دون توقف لم يتوقع أحد هذه الأسعار مرة أخرى المدرسة ستحصل"
            " على فصول جديدة السوق يفتح في الربيع"
        ),
        " ",
        ".",
        ("ليلى حداد", "سامي نصر", "رنا خوري"),
        (
            "الرئيسية", "الأكثر قراءة", "شارك", "تعليقات", "اطبع الصفحة", "بحث", "بقلم",
            "نستخدم ملفات تعريف الارتباط لتحسين زيارتك ولقياس عدد الزوار.", "قبول الكل",
            "اشترك في نشرتنا الصباحية مجانا.", "جميع الحقوق محفوظة. يمنع النقل دون إذن.",
        ),
    ),
    Tongue(
        "hi",
        _words(
            "पुल बंदरगाह सर्दी के बाद बंद हुआ क्योंकि इंजीनियरों को खंभों में दरारें मिलीं शहर मरम्मत के लिए धन खोज रहा है निवासी दो महीने से"
            " परिषद के उत्तर की प्रतीक्षा में हैं सुबह दो रेलगाड़ियाँ बिना रुके निकलीं किसी ने ऐसी कीमतों की आशा नहीं की थी विद्यालय"
            " को नए कमरे मिलेंगे"
            " बाज़ार वसंत में खुलेगा"
        ),
        " ",
        "।",
        ("आशा वर्मा", "रवि जोशी", "मीना दास"),
        (
            "मुखपृष्ठ", "सबसे अधिक पढ़े गए", "साझा करें", "टिप्पणियाँ", "पृष्ठ छापें", "खोज", "लेखक:",
            "आपकी यात्रा बेहतर बनाने और पाठकों को गिनने के लिए हम कुकी का उपयोग करते हैं।", "सभी स्वीकारें",
            "हमारा सुबह का समाचार पत्र निःशुल्क पाएँ।", "सर्वाधिकार सुरक्षित। बिना अनुमति प्रकाशन वर्जित।",
        ),
    ),
)  # fmt: skip
