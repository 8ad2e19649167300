//! What the simulated model says: a scenario's turns, an echo, or whatever the seed brings.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::sim::clips::{Clip, Kind, Library};
use crate::sim::model::{g711, tongues};
use crate::sim::scenario::{ModelTurn, Scenario, cast};
use crate::types::Mulaw;

/// One piece of a response.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    Speech(Clip),
    Call { name: String, arguments: String },
}

/// One response: no parts means that the model says nothing.
pub type Reply = Vec<Part>;

/// A clip that a scenario names and the library does not have.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no clip named {0}")]
pub struct MissingClip(pub String);

/// Where replies come from.
#[derive(Clone, Debug)]
pub struct ModelScript(Source);

#[derive(Clone, Debug)]
enum Source {
    Turns { replies: Arc<[Reply]>, fallback: Reply, caller: Arc<[Arc<str>]>, place: Place },
    Echo,
    Random { clips: Arc<[Clip]>, turn: usize, said: &'static str },
}

/// Replies and caller turns used so far.
#[derive(Clone, Debug)]
enum Place {
    Own(usize, usize),
    /// Several connections of one call, one after the other, go on where the one before stopped.
    Shared(Arc<(AtomicUsize, AtomicUsize)>),
}

impl Place {
    fn next_reply(&mut self) -> usize {
        match self {
            Self::Own(replies, _) => std::mem::replace(replies, *replies + 1),
            Self::Shared(place) => place.0.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn next_turn(&mut self) -> usize {
        match self {
            Self::Own(_, turns) => std::mem::replace(turns, *turns + 1),
            Self::Shared(place) => place.1.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn now(&self) -> (usize, usize) {
        match self {
            Self::Own(replies, turns) => (*replies, *turns),
            Self::Shared(place) => (place.0.load(Ordering::Relaxed), place.1.load(Ordering::Relaxed)),
        }
    }
}

impl ModelScript {
    /// Plays a scenario's turns in order, then its fallback; knows what the caller is going to say.
    ///
    /// # Errors
    /// The scenario names a clip that the library does not have.
    pub fn scenario(scenario: &Scenario, library: &Library) -> Result<Self, MissingClip> {
        let replies = scenario.model.iter().map(|turn| reply(turn, library)).collect::<Result<Vec<_>, _>>()?;
        let text =
            |name: &str| cast::clip(library, name).map(|clip| clip.text).ok_or_else(|| MissingClip(name.to_owned()));
        let caller = scenario.heard_by_model().into_iter().map(text).collect::<Result<Vec<_>, _>>()?;
        let fallback = vec![Part::Speech(find(library, Kind::Assistant, FALLBACK)?)];
        Ok(Self::turns(replies, fallback, caller))
    }

    /// Plays these replies in order, then the fallback; `caller` is what the caller's turns say, in order.
    pub fn turns(replies: Vec<Reply>, fallback: Reply, caller: Vec<Arc<str>>) -> Self {
        Self(Source::Turns { replies: replies.into(), fallback, caller: caller.into(), place: Place::Own(0, 0) })
    }

    /// Gives every frame back: one response without an end, no turn detection.
    pub const fn echo() -> Self {
        Self(Source::Echo)
    }

    /// Random replies: 0.3 to 20 s of speech or tones, tool calls good and bad, two items at once, nothing at all.
    pub fn random(library: &Library) -> Self {
        let clips = library.of_kind(Kind::Assistant).map(|(_, clip)| clip.clone()).collect();
        Self(Source::Random { clips, turn: 0, said: "" })
    }

    /// Goes on where another connection of the same call stopped.
    pub fn resume_at(mut self, replies: usize, turns: usize) -> Self {
        if let Source::Turns { place, .. } = &mut self.0 {
            *place = Place::Own(replies, turns);
        }
        self
    }

    /// Every clone goes on where any other stopped: for one call that may have several connections.
    #[must_use]
    pub fn shared(mut self) -> Self {
        if let Source::Turns { place, .. } = &mut self.0 {
            let (replies, turns) = place.now();
            *place = Place::Shared(Arc::new((AtomicUsize::new(replies), AtomicUsize::new(turns))));
        }
        self
    }

    /// Replies and caller turns used so far, for `resume_at`.
    pub fn position(&self) -> (usize, usize) {
        match &self.0 {
            Source::Turns { place, .. } => place.now(),
            Source::Echo => (0, 0),
            Source::Random { turn, .. } => (0, *turn),
        }
    }

    pub(super) const fn is_echo(&self) -> bool {
        matches!(self.0, Source::Echo)
    }

    /// What the next response holds.
    pub(super) fn reply(&mut self, rng: &mut fastrand::Rng) -> Reply {
        match &mut self.0 {
            Source::Turns { replies, fallback, place, .. } => {
                replies.get(place.next_reply()).unwrap_or(fallback).clone()
            }
            Source::Echo => Vec::new(),
            Source::Random { clips, said, .. } => {
                *said = tongues::any(rng);
                random_reply(clips, rng)
            }
        }
    }

    /// What the caller's next turn says.
    pub(super) fn caller_text(&mut self) -> Arc<str> {
        match &mut self.0 {
            Source::Turns { caller, place, .. } => {
                let turn = place.next_turn();
                caller.get(turn).cloned().unwrap_or_else(|| unnamed(turn + 1))
            }
            Source::Random { turn, said, .. } => {
                *turn += 1;
                format!("{said} (caller turn {turn})").into()
            }
            Source::Echo => unnamed(0),
        }
    }
}

/// What a scenario's model says when its turns have run out.
const FALLBACK: &str = "assistant-fallback";

fn unnamed(turn: usize) -> Arc<str> {
    format!("caller turn {turn}").into()
}

fn find(library: &Library, kind: Kind, id: &str) -> Result<Clip, MissingClip> {
    library.clip(kind, id).ok_or_else(|| MissingClip(id.to_owned()))
}

fn reply(turn: &ModelTurn, library: &Library) -> Result<Reply, MissingClip> {
    let mut parts = Vec::new();
    if let Some(audio) = &turn.say {
        parts.push(Part::Speech(find(library, Kind::Assistant, audio)?));
    }
    let call = |(name, arguments): &(String, String)| Part::Call { name: name.clone(), arguments: arguments.clone() };
    parts.extend(turn.calls.iter().map(call));
    Ok(parts)
}

fn random_reply(clips: &[Clip], rng: &mut fastrand::Rng) -> Reply {
    match rng.u8(..100) {
        0..4 => Vec::new(),
        4..14 => vec![random_speech(clips, rng), random_speech(clips, rng)],
        14..22 => vec![random_call(rng)],
        22..34 => vec![random_speech(clips, rng), random_call(rng)],
        _ => vec![random_speech(clips, rng)],
    }
}

fn random_speech(clips: &[Clip], rng: &mut fastrand::Rng) -> Part {
    let millis = match rng.u8(..10) {
        0..5 => rng.usize(300..=3000),
        5..9 => rng.usize(1000..=8000),
        _ => rng.usize(5000..=20_000),
    };
    if clips.is_empty() || rng.u8(..3) == 0 {
        let tone = tone(200.0 + rng.f32() * 2000.0, millis);
        return Part::Speech(Clip::new(tongues::any(rng), tone.audio));
    }
    let clip = &clips[rng.usize(..clips.len())];
    let mut audio = clip.audio.clone();
    Part::Speech(Clip::new(clip.text.clone(), audio.take(millis * 8)))
}

/// Calls as a real model makes them: mostly right, sometimes not.
fn random_call(rng: &mut fastrand::Rng) -> Part {
    let (name, arguments) = match rng.u8(..10) {
        0..4 => ("complete_intake", INTAKE),
        4..6 => ("end_call", r#"{"reason":"the caller said goodbye"}"#),
        6 => ("complete_intake", r#"{"structured_data":"none"}"#),
        7 => ("end_call", "{"),
        8 => ("look_up_weather", "{}"),
        _ => ("end_call", "[]"),
    };
    Part::Call { name: name.to_owned(), arguments: arguments.to_owned() }
}

/// A call of `complete_intake` that is right.
pub(super) fn intake_call() -> Part {
    Part::Call { name: "complete_intake".to_owned(), arguments: INTAKE.to_owned() }
}

const INTAKE: &str =
    r#"{"structured_data":{"caller_name":"Maria Lopez","caller_phone":"+15550142"},"urgency_level":"low"}"#;

/// A sine of about -12 dBFS, as mu-law.
pub fn tone(hertz: f32, millis: usize) -> Clip {
    let step = hertz * std::f32::consts::TAU / 8000.0;
    let sample = |n: usize| g711::encode(((n as f32 * step).sin() * 8000.0) as i16);
    let audio: Vec<u8> = (0..millis * 8).map(sample).collect();
    Clip::new(format!("A tone of {hertz:.0} hertz."), Mulaw::new(audio.into()))
}
