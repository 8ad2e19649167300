//! Prices against the provider's pages.

use super::*;
use crate::types::usage::Usage;

#[test]
fn the_worked_example_costs_what_it_should() {
    let used = Usage { text_in: 119, text_cached: 64, audio_in: 13, text_out: 30, audio_out: 91, ..Usage::default() };
    // 7205.6 millionths of a dollar, rounded up.
    assert_eq!(for_model("gpt-realtime-2.1").cost(&used), 7206);
}

#[test]
fn families_are_told_apart() {
    assert_eq!(for_model("gpt-realtime-2.1").text_out, 24_000);
    assert_eq!(for_model("gpt-realtime-2").text_out, 24_000);
    for model in ["gpt-realtime-1.5", "gpt-realtime", "gpt-realtime-2025-08-28"] {
        assert_eq!(for_model(model).text_out, 16_000, "{model}");
    }
    for model in ["gpt-realtime-2.1-mini", "gpt-realtime-mini", "gpt-realtime-mini-2025-12-15"] {
        assert_eq!(for_model(model).audio_out, 20_000, "{model}");
    }
}

#[test]
fn an_unknown_model_is_never_cheap() {
    assert_eq!(for_model("gpt-realtime-9"), for_model("gpt-realtime-2.1"));
    assert_eq!(for_models("x", "y").transcribed_minute, 17_000);
}

#[test]
fn a_minute_of_transcription_costs_its_price() {
    let used = Usage { transcribed_ms: 60_000, ..Usage::default() };
    assert_eq!(for_model("gpt-realtime-2.1").cost(&used), 4_500);
    assert_eq!(for_models("gpt-realtime-2.1", "").cost(&used), 0);
}
