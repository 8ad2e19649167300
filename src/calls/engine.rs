//! One call without its sockets: the core, the two transcoders and the inbound timeline, synchronous and pure.
//!
//! The call's task drives it with real events; the simulation drives the same code in virtual time.

use metrics::counter;

use crate::audio::{Arrival, Downlink, Gaps, Uplink};
use crate::ports::media::{MediaCommand, MediaEvent};
use crate::ports::model::{ModelCommand, ModelEvent};
use crate::session::document::Document;
use crate::session::effect::{
    ActionId, CarrierEffect, Effect, Effects, MediaEffect, ModelEffect, Record, RecordId, ToolAnswer,
};
use crate::session::input::{DetachCause, Ignored, Input, MediaInput, ModelInput, StaffInput};
#[cfg(feature = "plant")]
use crate::session::plant::planted;
use crate::session::policy::{CallFacts, Past, Policy};
use crate::session::{CallSession, Snapshot};
use crate::types::org::AudioFormat;
use crate::types::{Mono, Mulaw, Now, StreamId};

/// Puts a tool's answer into the text that the model reads; implemented in `assistant`.
pub type RenderAnswer = fn(&ToolAnswer) -> String;

/// One thing that the shell must do, in order. Audio is in the format of the socket that it goes to.
#[derive(Clone, Debug)]
pub enum Action {
    Media(MediaCommand),
    /// Close the media stream; nothing to do if there is none.
    CloseMedia,
    /// Open a model connection, and drop the one that is open or opening.
    OpenModel,
    Model(ModelCommand),
    /// Close the model connection; nothing to do if there is none.
    CloseModel,
    Carrier(ActionId, CarrierEffect),
    /// The answer to the `CarrierInput::Ask` that was just given.
    Answer(Document),
    Record(RecordId, Record),
}

/// One call: events and inputs in, actions out. Actions are appended, so one buffer serves a whole call.
pub struct Engine {
    session: CallSession,
    uplink: Uplink,
    downlink: Downlink,
    gaps: Gaps,
    /// Format of the model's connection, both ways.
    format: AudioFormat,
    render: RenderAnswer,
    /// Kept between steps, so that a frame allocates nothing here.
    effects: Effects,
    watcher: Option<Watcher>,
    #[cfg(feature = "plant")]
    shares_buffer: bool,
}

/// Sees every effect before it is performed; for the simulation, which judges them.
pub(super) type Watcher = Box<dyn FnMut(&Effect) + Send>;

impl Engine {
    /// Begins a call. The first actions open the model and record the opening.
    pub fn new(
        now: Now,
        facts: CallFacts,
        policy: Policy,
        format: AudioFormat,
        render: RenderAnswer,
        out: &mut Vec<Action>,
    ) -> Self {
        let mut effects = Effects::new();
        #[cfg(feature = "plant")]
        let shares_buffer = planted!(policy, SharesBuffer);
        let session = CallSession::new(now, facts, policy, &mut effects);
        #[cfg_attr(not(feature = "plant"), expect(unused_mut, reason = "only a planted bug changes it"))]
        let mut engine = Self::with(session, format, render, effects, out);
        #[cfg(feature = "plant")]
        {
            engine.shares_buffer = shares_buffer;
        }
        engine
    }

    /// Takes up a call that an earlier process left. Its records and lines go on where the past ends.
    pub fn resume(
        now: Now,
        facts: CallFacts,
        policy: Policy,
        past: Past,
        format: AudioFormat,
        render: RenderAnswer,
        out: &mut Vec<Action>,
    ) -> Self {
        let mut effects = Effects::new();
        let session = CallSession::resume(now, facts, policy, past, &mut effects);
        Self::with(session, format, render, effects, out)
    }

    fn with(
        session: CallSession,
        format: AudioFormat,
        render: RenderAnswer,
        effects: Effects,
        out: &mut Vec<Action>,
    ) -> Self {
        let mut engine = Self {
            session,
            uplink: Uplink::new(format),
            downlink: Downlink::new(format),
            gaps: Gaps::new(),
            format,
            render,
            effects: Effects::new(),
            watcher: None,
            #[cfg(feature = "plant")]
            shares_buffer: false,
        };
        engine.translate_all(effects, out);
        engine
    }

    /// Shows every effect from now on.
    pub fn watch(&mut self, watcher: Watcher) {
        self.watcher = Some(watcher);
    }

    /// A stream is bound to this call; a former one is replaced.
    pub fn media_attached(&mut self, now: Now, stream: StreamId, out: &mut Vec<Action>) {
        self.gaps = Gaps::new();
        self.input(now, Input::Media(MediaInput::Attached { stream }), out);
    }

    /// What the caller's stream brings.
    pub fn media(&mut self, now: Now, event: MediaEvent, out: &mut Vec<Action>) {
        match event {
            MediaEvent::Frame { chunk, timestamp_ms, audio } => match self.gaps.push(chunk, timestamp_ms, audio) {
                Arrival::Play { padding, audio } => {
                    if let Some(padding) = padding {
                        self.input(now, Input::Media(MediaInput::Frame(padding)), out);
                    }
                    self.input(now, Input::Media(MediaInput::Frame(audio)), out);
                }
                Arrival::Drop => {}
            },
            MediaEvent::Mark(mark) => self.input(now, Input::Media(MediaInput::Heard(mark)), out),
            MediaEvent::Digit(key) => self.input(now, Input::Media(MediaInput::Digit(key)), out),
            MediaEvent::Stopped => self.detached(now, DetachCause::Stopped, out),
            MediaEvent::Dropped => self.detached(now, DetachCause::Dropped, out),
            MediaEvent::Violation => {
                out.push(Action::CloseMedia);
                self.detached(now, DetachCause::Refused, out);
            }
            MediaEvent::Ignored => {}
        }
    }

    /// What the model's connection brings.
    pub fn model(&mut self, now: Now, event: ModelEvent, out: &mut Vec<Action>) {
        let input = match event {
            ModelEvent::Input(input) => input,
            ModelEvent::Audio { response, item, .. } if !self.session.wants_audio(&response, &item) => {
                counter!("switchboard_model_audio_dropped_total", "reason" => "cut").increment(1);
                return;
            }
            ModelEvent::Audio { response, item, bytes } => {
                let frame = self.downlink.push(&item, bytes);
                let received_ms = self.downlink.received_ms();
                ModelInput::Audio { response, item, frame, received_ms }
            }
            ModelEvent::AudioDone { response, item } => {
                let wanted = self.session.wants_audio(&response, &item);
                let frame = if wanted { self.downlink.finish(&item) } else { Mulaw::default() };
                ModelInput::AudioDone { response, item, frame }
            }
            ModelEvent::Ignored => return,
        };
        self.input(now, Input::Model(input), out);
    }

    /// Anything else that happens to the call.
    pub fn input(&mut self, now: Now, input: Input, out: &mut Vec<Action>) {
        let mut effects = std::mem::take(&mut self.effects);
        self.session.handle(now, input, &mut effects);
        for effect in effects.drain(..) {
            self.translate(effect, out);
        }
        self.effects = effects;
    }

    /// Why this command would do nothing if it were given now.
    pub fn objection(&self, now: Now, command: &StaffInput) -> Option<Ignored> {
        self.session.objection(now.mono, command)
    }

    /// When `Input::Deadline` is due at the latest.
    pub fn deadline(&self) -> Option<Mono> {
        self.session.next_deadline().map(|(at, _)| at)
    }

    pub fn snapshot(&self) -> Snapshot {
        self.session.snapshot()
    }

    /// The outcome is recorded and nothing more is owed.
    pub fn is_over(&self) -> bool {
        self.session.is_over()
    }

    fn detached(&mut self, now: Now, cause: DetachCause, out: &mut Vec<Action>) {
        self.input(now, Input::Media(MediaInput::Detached(cause)), out);
    }

    fn translate_all(&mut self, effects: Effects, out: &mut Vec<Action>) {
        for effect in effects {
            self.translate(effect, out);
        }
    }

    fn translate(&mut self, effect: Effect, out: &mut Vec<Action>) {
        if let Some(watcher) = &mut self.watcher {
            watcher(&effect);
        }
        match effect {
            Effect::Media(effect) => out.push(self.media_action(effect)),
            Effect::Model(effect) => out.extend(self.model_action(effect)),
            Effect::Carrier(id, effect) => out.push(Action::Carrier(id, effect)),
            Effect::Answer(answer) => out.push(Action::Answer(answer)),
            Effect::Record(no, record) => out.push(Action::Record(no, record)),
        }
    }

    fn media_action(&mut self, effect: MediaEffect) -> Action {
        match effect {
            MediaEffect::Play { source: _, frame } => Action::Media(MediaCommand::Frame(frame)),
            MediaEffect::Mark(mark) => Action::Media(MediaCommand::Mark(mark)),
            MediaEffect::Clear => {
                self.downlink.reset();
                Action::Media(MediaCommand::Clear)
            }
            MediaEffect::Close => Action::CloseMedia,
        }
    }

    /// `None`: the resampler took the samples and has nothing to give yet.
    fn model_action(&mut self, effect: ModelEffect) -> Option<Action> {
        let command = match effect {
            ModelEffect::Open => {
                self.uplink = Uplink::new(self.format);
                self.downlink = Downlink::new(self.format);
                return Some(Action::OpenModel);
            }
            ModelEffect::Close => return Some(Action::CloseModel),
            ModelEffect::Configure { plain } => ModelCommand::Configure { plain },
            ModelEffect::Append(audio) => {
                let bytes = self.uplink.push(&audio);
                if bytes.is_empty() {
                    return None;
                }
                #[cfg(feature = "plant")]
                let bytes = if self.shares_buffer { shared::exchange(bytes) } else { bytes };
                ModelCommand::Append(bytes)
            }
            ModelEffect::Respond { no, kind } => ModelCommand::Respond { no, kind },
            ModelEffect::Cancel { no, response } => ModelCommand::Cancel { no, response },
            ModelEffect::Commit { no } => ModelCommand::Commit { no },
            ModelEffect::Truncate { no, item, heard } => ModelCommand::Truncate { no, item, heard },
            ModelEffect::ToolReply { no, call, answer } => {
                ModelCommand::ToolReply { no, call, output: (self.render)(&answer) }
            }
            ModelEffect::Note { no, text } => ModelCommand::Note { no, text },
            ModelEffect::UserText { no, text } => ModelCommand::UserText { no, text },
            ModelEffect::Recall { no, speaker, text } => ModelCommand::Recall { no, speaker, text },
        };
        Some(Action::Model(command))
    }
}

/// The planted bug `shares_buffer`: what one call puts in, the next one takes out.
#[cfg(feature = "plant")]
mod shared {
    use std::sync::{Mutex, PoisonError};

    use bytes::Bytes;

    static BUFFER: Mutex<Bytes> = Mutex::new(Bytes::new());

    pub(super) fn exchange(bytes: Bytes) -> Bytes {
        std::mem::replace(&mut BUFFER.lock().unwrap_or_else(PoisonError::into_inner), bytes)
    }
}

#[cfg(test)]
mod tests;
