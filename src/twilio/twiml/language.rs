//! Which voice reads a text: Twilio's own language tags, and what is fit to be read.
//!
//! A tag that Twilio does not know makes the whole document fail, so only tags of this list are ever written.

use crate::types::text::{head, xml};

/// Twilio's tags. Of one language the first is what a plain tag (`es`) or an unknown region (`es-419`) gets.
const LOCALES: &[&str] = &[
    "en-US", "en-GB", "en-AU", "en-CA", "en-IE", "en-IN", "en-NZ", "en-ZA", "es-US", "es-MX", "es-ES", "ar-AE",
    "bg-BG", "bn-IN", "ca-ES", "cs-CZ", "cy-GB", "da-DK", "de-DE", "de-AT", "el-GR", "fi-FI", "fil-PH", "fr-FR",
    "fr-BE", "fr-CA", "gu-IN", "he-IL", "hi-IN", "hu-HU", "id-ID", "is-IS", "it-IT", "ja-JP", "kn-IN", "ko-KR",
    "lv-LV", "ml-IN", "mr-IN", "ms-MY", "nb-NO", "nl-NL", "nl-BE", "pa-IN", "pl-PL", "pt-BR", "pt-PT", "ro-RO",
    "ru-RU", "sk-SK", "sr-RS", "sv-SE", "ta-IN", "te-IN", "th-TH", "tr-TR", "uk-UA", "vi-VN", "zh-CN", "zh-HK",
    "zh-TW",
];

/// What our own sentences are written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tongue {
    English,
    Spanish,
}

impl Tongue {
    /// Spanish for `es` and its regions, English for everybody else.
    pub fn of(language: &str) -> Self {
        if primary(language).eq_ignore_ascii_case("es") { Self::Spanish } else { Self::English }
    }

    /// The voice for a sentence of ours; its region is the organization's if the language is.
    pub fn locale(self, language: &str) -> &'static str {
        let of_the_text = match self {
            Self::English => "en",
            Self::Spanish => "es",
        };
        let same = primary(language).eq_ignore_ascii_case(of_the_text);
        locale(if same { language } else { of_the_text })
    }

    /// As the hold document's query spells it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}

/// The voice for a text that is written in this language (BCP 47); American English if Twilio has none.
pub fn locale(language: &str) -> &'static str {
    let exact = LOCALES.iter().find(|locale| locale.eq_ignore_ascii_case(language));
    let similar = || LOCALES.iter().find(|locale| primary(locale).eq_ignore_ascii_case(primary(language)));
    exact.or_else(similar).copied().unwrap_or(LOCALES[0])
}

fn primary(language: &str) -> &str {
    language.split(['-', '_']).next().unwrap_or_default()
}

/// The text as it may stand in XML and be read aloud: one line without control characters, at most this long.
pub fn spoken(text: &str, chars_max: usize) -> String {
    let plain: String = xml(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    head(&words, chars_max).to_owned()
}

#[cfg(test)]
mod tests;
