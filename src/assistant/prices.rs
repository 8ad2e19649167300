//! What models cost, as published by their provider in November 2026; the default of the price table.
//!
//! A model that is not listed costs as much as the dearest family, so that a bill is never understated.

use crate::types::usage::Prices;

/// Of the version 2 family.
const FLAGSHIP: Prices = Prices {
    text_in: 4_000,
    text_cached: 400,
    text_out: 24_000,
    audio_in: 32_000,
    audio_cached: 400,
    audio_out: 64_000,
    transcribed_minute: 0,
};

/// Of the small models, all versions.
const MINI: Prices = Prices {
    text_in: 600,
    text_cached: 60,
    text_out: 2_400,
    audio_in: 10_000,
    audio_cached: 300,
    audio_out: 20_000,
    transcribed_minute: 0,
};

/// Of version 1.5 and before.
const EARLIER: Prices = Prices { text_out: 16_000, ..FLAGSHIP };

/// Prices of a voice model, with the default transcription model.
pub fn for_model(model: &str) -> Prices {
    for_models(model, "gpt-transcribe")
}

/// Prices of a voice model and a transcription model together.
pub fn for_models(model: &str, transcribe_model: &str) -> Prices {
    let dated =
        |family: &str| model == family || model.strip_prefix(family).is_some_and(|rest| rest.starts_with("-20"));
    let prices = if model.starts_with("gpt-realtime") && model.contains("-mini") {
        MINI
    } else if dated("gpt-realtime") || dated("gpt-realtime-1.5") {
        EARLIER
    } else {
        FLAGSHIP
    };
    Prices { transcribed_minute: transcribed_minute(transcribe_model), ..prices }
}

/// Millionths of a dollar for each minute of caller audio.
fn transcribed_minute(model: &str) -> u64 {
    match model {
        "" => 0,
        "gpt-transcribe" => 4_500,
        // Billed by the token: 600 tokens of audio in and about 200 of text out a minute.
        "gpt-4o-mini-transcribe" | "gpt-4o-mini-transcribe-2025-12-15" => 1_750,
        "gpt-4o-transcribe" | "gpt-4o-transcribe-diarize" => 3_500,
        _ => 17_000,
    }
}

#[cfg(test)]
mod tests;
