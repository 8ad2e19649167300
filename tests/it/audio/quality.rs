//! What the resamplers do to sound, judged on 16-bit samples before mu-law.
//!
//! Every bar is looser than what was measured (in brackets), so that only a change of the filter fails.

use std::f64::consts::TAU;

use switchboard::audio::resample::{Direction, Resampler, to_i16};

const LOW_HZ: f64 = 8_000.0;
const HIGH_HZ: f64 = 24_000.0;

/// Half scale, so that rounding noise lies 90 dB below.
const AMPLITUDE: f64 = 16_384.0;

/// Seconds cut off before measuring: the start of a tone is a click.
const SETTLE_SECS: f64 = 0.1;
const MEASURE_SECS: f64 = 0.2;

fn tone(rate: f64, hz: f64) -> Vec<i16> {
    let len = ((SETTLE_SECS + MEASURE_SECS + 0.05) * rate) as usize;
    (0..len).map(|n| (AMPLITUDE * (TAU * hz * n as f64 / rate).cos()).round() as i16).collect()
}

fn resample(direction: Direction, input: &[i16]) -> Vec<i16> {
    let mut resampler = Resampler::new(direction);
    let samples: Vec<f32> = input.iter().map(|sample| f32::from(*sample)).collect();
    let mut out = Vec::new();
    for frame in samples.chunks(160) {
        resampler.process(frame, |made| out.extend(made.iter().map(|sample| to_i16(*sample))));
    }
    out
}

/// The settled part: a whole number of periods of every multiple of 5 Hz.
fn settled(rate: f64, sound: &[i16]) -> &[i16] {
    &sound[(SETTLE_SECS * rate) as usize..((SETTLE_SECS + MEASURE_SECS) * rate) as usize]
}

/// Amplitude and delay in seconds (modulo the period) of the tone at `hz`, which was a cosine when it went in.
fn measure(rate: f64, sound: &[i16], hz: f64) -> (f64, f64) {
    let begin = (SETTLE_SECS * rate) as usize;
    let part = settled(rate, sound);
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in part.iter().enumerate() {
        let phase = TAU * hz * (begin + n) as f64 / rate;
        re += f64::from(*sample) * phase.cos();
        im += f64::from(*sample) * phase.sin();
    }
    let scale = 2.0 / part.len() as f64;
    let delay = (im.atan2(re) / (TAU * hz)).rem_euclid(1.0 / hz);
    ((re * re + im * im).sqrt() * scale, delay)
}

fn rms(sound: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = sound.clone().count() as f64;
    (sound.map(|sample| sample * sample).sum::<f64>() / count).sqrt()
}

fn db(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

fn speech_band() -> impl Iterator<Item = f64> {
    (0..=31).map(|n| 300.0 + 100.0 * f64::from(n))
}

fn directions() -> [(Direction, f64, f64); 2] {
    [(Direction::Up, LOW_HZ, HIGH_HZ), (Direction::Down, HIGH_HZ, LOW_HZ)]
}

#[test]
fn the_speech_band_is_flat_within_a_twentieth_of_a_decibel() {
    for (direction, rate_in, rate_out) in directions() {
        for hz in [200.0].into_iter().chain(speech_band()) {
            let sound = resample(direction, &tone(rate_in, hz));
            let gain = db(measure(rate_out, &sound, hz).0 / AMPLITUDE);
            assert!(gain.abs() <= 0.05, "{direction:?} at {hz} Hz: {gain:+.4} dB (0.001)");
        }
    }
}

#[test]
fn images_are_seventy_decibels_down() {
    for hz in speech_band() {
        let sound = resample(Direction::Up, &tone(LOW_HZ, hz));
        let (amplitude, delay) = measure(HIGH_HZ, &sound, hz);
        // Everything that is not the tone: both images of each repetition, and the rounding.
        let begin = (SETTLE_SECS * HIGH_HZ) as usize;
        let rest = settled(HIGH_HZ, &sound).iter().enumerate().map(|(n, sample)| {
            let at = (begin + n) as f64 / HIGH_HZ - delay;
            f64::from(*sample) - amplitude * (TAU * hz * at).cos()
        });
        let level = db(rms(rest) * 2_f64.sqrt() / AMPLITUDE);
        assert!(level <= -70.0, "{hz} Hz leaves {level:.1} dB (-75)");
    }
}

#[test]
fn aliases_are_seventy_decibels_down() {
    for hz in (0..74).map(|n| 4_600.0 + 100.0 * f64::from(n)) {
        let sound = resample(Direction::Down, &tone(HIGH_HZ, hz));
        let part = settled(LOW_HZ, &sound).iter().map(|sample| f64::from(*sample));
        let level = db((rms(part) * 2_f64.sqrt() / AMPLITUDE).max(1e-9));
        assert!(level <= -70.0, "{hz} Hz leaves {level:.1} dB (-75)");
    }
}

#[test]
fn the_delay_is_at_most_two_and_a_half_milliseconds_each_way_and_the_same_at_every_pitch() {
    for (direction, rate_in, rate_out) in directions() {
        // The period of 300 Hz is longer than the limit, so this one is no guess.
        let (_, delay) = measure(rate_out, &resample(direction, &tone(rate_in, 300.0)), 300.0);
        assert!((0.002..=0.0025).contains(&delay), "{direction:?}: {:.4} ms (2.417, 2.333)", delay * 1e3);
        for hz in speech_band() {
            let (_, found) = measure(rate_out, &resample(direction, &tone(rate_in, hz)), hz);
            let off = (found - delay).rem_euclid(1.0 / hz);
            let off = off.min(1.0 / hz - off);
            assert!(off < 2e-6, "{direction:?} at {hz} Hz is {:.2} us off", off * 1e6);
        }
    }
}

#[test]
fn up_and_down_again_keeps_seventy_five_decibels_of_signal() {
    // 225 tones with spread phases, -20 dBFS together.
    let lines = 225;
    let spacing = (3_400.0 - 300.0) / f64::from(lines - 1);
    let amplitude = 3_276.8 * (2.0 / f64::from(lines)).sqrt();
    let input: Vec<i16> = (0..16_000)
        .map(|n| {
            let sum: f64 = (0..lines)
                .map(|k| {
                    let k = f64::from(k);
                    let phase = std::f64::consts::PI * k * k / f64::from(lines);
                    (TAU * (300.0 + spacing * k) * f64::from(n) / LOW_HZ + phase).cos()
                })
                .sum();
            (amplitude * sum).round() as i16
        })
        .collect();
    let output = resample(Direction::Down, &resample(Direction::Up, &input));

    let snr = |delay: usize| {
        let pairs = || (800..15_000).map(|n| (f64::from(input[n]), f64::from(output[n + delay])));
        db(rms(pairs().map(|(sent, _)| sent)) / rms(pairs().map(|(sent, got)| got - sent)))
    };
    let best = (30..46).max_by(|a, b| snr(*a).total_cmp(&snr(*b))).unwrap();
    assert_eq!(best, 38, "both ways are 4.75 ms");
    assert!(snr(best) >= 75.0, "{:.1} dB (79.7)", snr(best));
}
