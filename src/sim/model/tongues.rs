//! Sentences in many scripts, for the callers and assistants of random calls: names, fractions, other alphabets, emoji,
//! marks without a letter, characters that should not be there.
//!
//! Recognizers write other scripts on English lines, too, above all from noise. None of these asks for anybody.

/// What is said. The first seven are those of `fixtures/field/01-words.json`.
pub const SENTENCES: &[&str] = &[
    "My name is Zoë Łuczak, I live in Gießen.",
    "In about 1½ to 2½ hours, at 20 °C.",
    "Dzień dobry, chciałbym umówić wizytę.",
    "Die Straße heißt Große Gasse.",
    "Здравствуйте, я хочу записаться к врачу.",
    "مرحبا، أريد موعدا مع الطبيب.",
    "MBC 뉴스 이덕영입니다.",
    "Hi Søren, in Łódź a ½ no é s ñ me.",
    "您好我们诊所星期二上午九点还有一个空位请问您想要哪一个时间呢",
    "ご視聴ありがとうございました。また来週の火曜日にお電話します。",
    "สวัสดีค่ะ คลินิกเปิดวันอังคารเวลาเก้าโมงเช้า",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihungsurkunde",
    "नमस्ते, मुझे मंगलवार को नौ बजे का समय चाहिए।",
    "שלום, אני רוצה לקבוע תור ליום שלישי.",
    "Καλημέρα, θα ήθελα ένα ραντεβού για την Τρίτη.",
    "Xin chào, tôi muốn đặt lịch hẹn vào thứ Ba.",
    "👩🏽‍⚕️ 👨‍👩‍👧 🇩🇪 ok 🎉",
    "e\u{301}\u{301}\u{301} a\u{308} \u{301} \u{200d}\u{200d}",
    "\u{202e}abc\u{202c} \u{feff}x\u{fffd}y\u{fffe}z \u{7f}\u{85}",
    "𝕳𝖊𝖑𝖑𝖔 𐍈 İstanbul ǅ ﬃ ẞ ŉ",
];

/// Any of them. It leaves the randomness where it was: what is said moves nothing else in a random call.
pub(crate) fn any(rng: &fastrand::Rng) -> &'static str {
    SENTENCES[rng.clone().usize(..SENTENCES.len())]
}
