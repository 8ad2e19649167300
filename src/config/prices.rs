//! What the models cost: a built-in table, and the settings file's `[prices]` over it.
//!
//! The file speaks US dollars per million tokens (per minute for transcription), as the provider's price pages do.

use std::collections::BTreeMap;

use crate::config::reader::Reader;
use crate::config::settings::did_you_mean;
use crate::types::usage::Prices;

const KEYS: [&str; 7] =
    ["text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out", "transcribed_minute"];

/// Dollars; far above any price, far below an overflow.
const DOLLARS_MAX: f64 = 100_000.0;

/// Prices of the default model, which stand in for models that are not listed.
const REALTIME_2: Prices = Prices {
    text_in: 4_000,
    text_cached: 400,
    text_out: 24_000,
    audio_in: 32_000,
    audio_cached: 400,
    audio_out: 64_000,
    transcribed_minute: 4_500,
};

/// Longest names first: the first that begins a model's name counts, so dated versions are found too.
const BUILT_IN: &[(&str, Prices)] = &[
    (
        "gpt-realtime-2.1-mini",
        Prices {
            text_in: 600,
            text_cached: 60,
            text_out: 2_400,
            audio_in: 10_000,
            audio_cached: 300,
            audio_out: 20_000,
            transcribed_minute: 4_500,
        },
    ),
    ("gpt-realtime-1.5", Prices { text_out: 16_000, ..REALTIME_2 }),
    ("gpt-realtime", REALTIME_2),
];

/// One override: a key of `KEYS` and its price in millionths of a dollar, as `Prices` counts it.
type Overrides = Vec<(&'static str, u64)>;

/// Prices by model.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PriceTable {
    all: Overrides,
    by_model: BTreeMap<String, Overrides>,
}

impl PriceTable {
    /// The built-in prices of a model (of the default model, if it is unknown), with the overrides for all models and
    /// then those for this one.
    pub fn of(&self, model: &str) -> Prices {
        let mut prices =
            BUILT_IN.iter().find(|(name, _)| model.starts_with(name)).map_or(REALTIME_2, |(_, prices)| *prices);
        let own = self.by_model.get(model);
        for (key, price) in self.all.iter().chain(own.into_iter().flatten()) {
            *field(&mut prices, key) = *price;
        }
        prices
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut table = Self::default();
        for (key, value) in reader.prices() {
            if let toml::Value::Table(model) = value {
                let overrides = model.iter().filter_map(|(k, v)| read_price(reader, &format!("prices.{key}"), k, v));
                table.by_model.insert(key.clone(), overrides.collect());
            } else {
                table.all.extend(read_price(reader, "prices", key, value));
            }
        }
        table
    }
}

fn read_price(reader: &mut Reader<'_>, table: &str, key: &str, value: &toml::Value) -> Option<(&'static str, u64)> {
    let Some(known) = KEYS.into_iter().find(|known| *known == key) else {
        let hint =
            did_you_mean(key, KEYS.into_iter()).map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        reader.fault(table, format!("unknown key `{key}`{hint}"));
        return None;
    };
    let dollars = value.as_float().or_else(|| value.as_integer().map(|number| number as f64));
    let Some(dollars) = dollars.filter(|dollars| (0.0..=DOLLARS_MAX).contains(dollars)) else {
        reader.fault(table, format!("`{key}` must be US dollars, from 0 to {DOLLARS_MAX}"));
        return None;
    };
    // Per 1,000 tokens in millionths is per million tokens in thousandths; a minute is in millionths.
    let scale = if known == "transcribed_minute" { 1_000_000.0 } else { 1_000.0 };
    Some((known, (dollars * scale).round() as u64))
}

fn field<'a>(prices: &'a mut Prices, key: &str) -> &'a mut u64 {
    match key {
        "text_in" => &mut prices.text_in,
        "text_cached" => &mut prices.text_cached,
        "text_out" => &mut prices.text_out,
        "audio_in" => &mut prices.audio_in,
        "audio_cached" => &mut prices.audio_cached,
        "audio_out" => &mut prices.audio_out,
        _ => &mut prices.transcribed_minute,
    }
}
