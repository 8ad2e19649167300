//! The resamplers' book-keeping; what they do to sound is judged in tests/it/audio.

use super::{Direction, PIECE_SAMPLES_MAX, Resampler, to_i16};

fn run(resampler: &mut Resampler, input: &[f32]) -> Vec<f32> {
    let mut out = Vec::new();
    resampler.process(input, |made| out.extend_from_slice(made));
    out
}

fn noise(len: usize) -> Vec<f32> {
    let mut rng = fastrand::Rng::with_seed(1);
    (0..len).map(|_| rng.f32() * 20_000.0 - 10_000.0).collect()
}

#[test]
fn the_number_of_samples_is_known_beforehand() {
    for direction in [Direction::Up, Direction::Down] {
        let mut resampler = Resampler::new(direction);
        for len in [1, 1, 2, 3, 7, 160, 480, 479, 481, 0, 1234, 4800, 5, 1, 1] {
            let ready = resampler.ready_after(len);
            assert_eq!(run(&mut resampler, &vec![0.5; len]).len(), ready, "{direction:?}, {len} samples");
        }
        let tail = resampler.tail();
        let mut made = 0;
        resampler.finish(|samples| made += samples.len());
        assert_eq!(made, tail);
    }
}

#[test]
fn many_single_samples_give_as_many_as_one_long_run() {
    for direction in [Direction::Up, Direction::Down] {
        let input = noise(30_000);
        let mut whole = Resampler::new(direction);
        let expected = run(&mut whole, &input);
        let mut single = Resampler::new(direction);
        let made: Vec<f32> = input.iter().flat_map(|sample| run(&mut single, &[*sample])).collect();
        assert_eq!(made, expected, "{direction:?}");
    }
}

#[test]
fn long_streams_do_not_drift() {
    let mut up = Resampler::new(Direction::Up);
    let mut down = Resampler::new(Direction::Down);
    assert_eq!(run(&mut up, &[0.0; 160]).len(), 480 - 7);
    assert_eq!(run(&mut down, &[0.0; 480]).len(), 160 - 1);
    for frame in 1..10_000 {
        assert_eq!(run(&mut up, &[0.0; 160]).len(), 480, "frame {frame}");
        assert_eq!(run(&mut down, &[0.0; 480]).len(), 160, "frame {frame}");
    }
}

#[test]
fn a_reset_resampler_is_like_a_new_one() {
    let input = noise(3 * PIECE_SAMPLES_MAX + 17);
    for direction in [Direction::Up, Direction::Down] {
        let expected = run(&mut Resampler::new(direction), &input);
        let mut used = Resampler::new(direction);
        run(&mut used, &noise(1_001));
        used.reset();
        assert_eq!(run(&mut used, &input), expected, "{direction:?}, reset");
        used.finish(|_| {});
        assert_eq!(run(&mut used, &input), expected, "{direction:?}, finished");
    }
}

#[test]
fn nothing_in_gives_no_tail() {
    for direction in [Direction::Up, Direction::Down] {
        let mut made = 0;
        Resampler::new(direction).finish(|samples| made += samples.len());
        assert_eq!(made, 0, "{direction:?}");
    }
}

#[test]
fn rounding_is_to_the_nearest_and_saturates() {
    for quarter in -140_000..140_000 {
        let sample = quarter as f32 / 4.0;
        let expected = sample.round_ties_even().clamp(-32768.0, 32767.0) as i16;
        assert_eq!(to_i16(sample), expected, "{sample}");
    }
    assert_eq!(to_i16(f32::INFINITY), i16::MAX);
    assert_eq!(to_i16(f32::NEG_INFINITY), i16::MIN);
}
