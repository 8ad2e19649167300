//! What the caller's stream brings: its start and end, audio, marks and keys.

use crate::session::CallSession;
use crate::session::effect::{Effect, Effects, Event, MediaEffect, ModelEffect, Record, RespondKind, Source};
use crate::session::ending::Ending;
use crate::session::input::{DetachCause, MediaInput};
use crate::session::keys::Key;
use crate::session::links::{Media, Model};
use crate::session::people::request::Requested;
use crate::session::people::{Ask, Stage};
use crate::session::plant::planted;
use crate::session::timer::Timer;
use crate::session::transcript::keys_line;
use crate::types::{Cause, Mono, Mulaw, Prompt, StreamId, Urgency};

impl CallSession {
    pub(super) fn on_media(&mut self, now: Mono, input: MediaInput, out: &mut Effects) {
        if !matches!(input, MediaInput::Detached(_)) {
            self.pace.stream_heard = Some(now);
        }
        match input {
            MediaInput::Attached { stream } => self.on_attached(now, stream, out),
            MediaInput::Frame(frame) => self.on_frame(frame, out),
            MediaInput::Heard(mark) => self.playout.heard(now, mark),
            MediaInput::Digit(key) => self.on_digit(now, key, out),
            MediaInput::Detached(cause) => self.on_detached(now, cause, out),
        }
    }

    fn on_attached(&mut self, now: Mono, stream: StreamId, out: &mut Effects) {
        if matches!(self.ending, Ending::HangingUp { .. } | Ending::Closing { .. } | Ending::Over) {
            return;
        }
        if self.is_fetching() {
            self.come_back(now, out);
        }
        if self.media == Media::Live {
            self.lose_stream(now, out);
        }
        self.pace.stream_heard = Some(now);
        self.people.fetched = false;
        self.people.parting = false;
        let resumed = matches!(self.media, Media::Gone { .. });
        self.media = Media::Live;
        self.people.next = None;
        if let Some(open) = &mut self.people.open {
            open.parked = false;
        }
        self.timers.stop(Timer::Stream);
        self.timers.stop(Timer::Detach);
        self.counters.lookups = 0;
        self.pace.quiet_since = Some(now);
        self.event(Event::StreamAttached { stream, resumed }, out);
        if self.say_final_sentence(now, out) {
            return;
        }
        if self.stream_in_transfer(now, out) {
            return;
        }
        if let Some(past) = self.people.again.take() {
            self.ask_again_for_person(now, past, out);
        }
        let told = std::mem::take(&mut self.people.told);
        if !told.is_empty() {
            for prompt in told {
                self.say_locally(prompt, out);
            }
        } else if std::mem::take(&mut self.people.returning) {
            self.say_locally(Prompt::BackWithAssistant, out);
        } else if resumed && self.model == Model::Ready {
            self.say_locally(Prompt::Reconnected, out);
            self.turn.want(RespondKind::Bare);
        }
        if self.model == Model::Away {
            self.open_model_again(now, "", out);
        }
        if self.model != Model::Ready {
            self.timers.set(Timer::Ready, now + self.policy.ready_wait);
            return;
        }
        self.go_on_air(out);
    }

    /// The caller is on a stream again while a transfer is under way: the transfer decides.
    fn stream_in_transfer(&mut self, now: Mono, out: &mut Effects) -> bool {
        match self.people.stage() {
            Some(Stage::Merging { .. }) => self.move_to_room(now, out),
            Some(Stage::Talking) => self.come_back_live(now, true, out),
            _ => return false,
        }
        true
    }

    fn on_frame(&mut self, frame: Mulaw, out: &mut Effects) {
        // What is said while we say goodbye may be an emergency.
        let listening = !matches!(self.ending, Ending::Closing { .. } | Ending::Over);
        if self.media != Media::Live || !listening || self.people.is_away() {
            return;
        }
        match self.model {
            Model::Ready => self.append(frame, out),
            Model::Connecting { .. } | Model::Configuring { .. } => self.backlog.push(frame),
            Model::Gone | Model::Away => {}
        }
    }

    /// What the model says now can be heard by the caller.
    pub(super) fn is_audible(&self) -> bool {
        let listening = matches!(self.ending, Ending::None | Ending::Farewell { .. });
        listening && self.media == Media::Live && !self.people.is_handing_over()
    }

    pub(super) fn append(&mut self, frame: Mulaw, out: &mut Effects) {
        self.pace.appended += frame.len() as u64;
        self.caller_turns.listen(&frame);
        self.send(ModelEffect::Append(frame), out);
    }

    fn on_digit(&mut self, now: Mono, key: char, out: &mut Effects) {
        if !self.cancel_goodbye(now, "key", out) {
            return;
        }
        self.note_life();
        if !self.is_protected() {
            self.interrupt(now, out);
        }
        if planted!(self.policy, SendsEmptyFrame) {
            let (source, frame) = (Source::Local(Prompt::OneMoment), Mulaw::default());
            out.push(Effect::Media(MediaEffect::Play { source, frame }));
        }
        match self.keys.press(now, key, self.policy.keys_rest, self.policy.keys_max) {
            Key::Added => self.timers.set(Timer::Keys, now + self.policy.keys_rest),
            Key::Complete => self.give_keys(now, out),
            Key::Ignored => {}
        }
    }

    /// Gives the collected keys to the model, as soon as it can take them.
    pub(super) fn give_keys(&mut self, now: Mono, out: &mut Effects) {
        let asks = self.keys.asks_for_person();
        if matches!(self.model, Model::Connecting { .. } | Model::Configuring { .. }) && !asks {
            self.timers.set(Timer::Keys, now + self.policy.keys_rest);
            return;
        }
        let Some((keys, began)) = self.keys.take() else {
            return;
        };
        self.timers.stop(Timer::Keys);
        let seq = self.transcript.number();
        self.record(Record::Line(keys_line(seq, &keys, began, now)), out);
        self.event(Event::KeysPressed { count: keys.len() as u32 }, out);
        if asks && self.people.open.is_none() {
            let reason = "The caller pressed 0.".to_owned();
            let (cause, urgency) = (Cause::Key, Urgency::Medium);
            let ask = Ask { cause, urgency, reason, summary: String::new(), only: None };
            if self.request_person(now, ask, out) == Requested::Refused {
                self.refuse_person(out);
            }
            return;
        }
        if self.model == Model::Ready {
            let no = self.next_request();
            let text = format!("The caller pressed these keys on the phone: {keys}");
            self.send(ModelEffect::UserText { no, text }, out);
            self.turn.want(RespondKind::Bare);
        }
    }

    pub(super) fn on_detached(&mut self, now: Mono, cause: DetachCause, out: &mut Effects) {
        if self.media != Media::Live || matches!(self.ending, Ending::Closing { .. } | Ending::Over) {
            return;
        }
        let cause = match cause {
            DetachCause::Stopped => "stopped",
            DetachCause::Dropped => "dropped",
            DetachCause::Refused => "refused",
        };
        self.event(Event::StreamDetached { cause }, out);
        self.lose_stream(now, out);
        if self.people.is_away() && !self.timers.is_set(Timer::Detach) {
            // It was told to go elsewhere: the timers of that state watch over it.
            return;
        }
        if self.people.stage() == Some(Stage::Connecting) {
            self.move_to_room(now, out);
            return;
        }
        if !planted!(self.policy, ForgetsDetach) {
            self.timers.set(Timer::Detach, now + self.policy.detach_wait);
        }
        self.after_stream_lost(now, out);
    }

    /// The carrier asks what is next when the stream has ended; it is no longer taken for alive.
    pub(super) fn close_stream(&mut self, out: &mut Effects) {
        self.pace.stream_heard = None;
        out.push(Effect::Media(MediaEffect::Close));
    }

    /// The stream is gone: whatever was out was not heard, and nobody speaks any more.
    pub(super) fn lose_stream(&mut self, now: Mono, out: &mut Effects) {
        self.media = Media::Gone { since: now };
        self.pace.stream_heard = None;
        let cuts = self.playout.lose(now);
        self.cancel_active(out);
        self.settle_cuts(now, cuts, out);
        self.backlog.clear();
        self.end_speech();
        self.turn.speech_ended = None;
        self.turn.wanted = None;
        for timer in [
            Timer::Ready,
            Timer::DeadAir,
            Timer::ResponseSlow,
            Timer::ResponseLost,
            Timer::Silence,
            Timer::Playout,
            Timer::Protected,
        ] {
            self.timers.stop(timer);
        }
        self.greeting.rewind();
    }
}
