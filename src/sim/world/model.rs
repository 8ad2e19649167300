//! One connection to the simulated model: two wires with a delay, and our own codecs at the near end.

use std::collections::VecDeque;
use std::time::Duration;

use crate::assistant::tools;
use crate::ports::model::{EncodeModel, ModelCommand, ModelEvent, ModelSetup};
use crate::realtime::{Decoder, Encoder};
use crate::session::input::{LostCause, ModelInput};
use crate::sim::clock::{Agenda, earlier};
use crate::sim::model::recording::{self, Direction};
use crate::sim::model::{FakeModel, ModelOut};
use crate::types::Mono;

/// A connection, from the attempt to open it.
pub(super) struct Connection {
    name: String,
    model: FakeModel,
    encoder: Encoder,
    decoder: Decoder,
    delay: Duration,
    /// To the model and from it, each in order.
    up: Agenda<String>,
    down: Agenda<Down>,
    opens_at: Option<Mono>,
    events: VecDeque<ModelEvent>,
    lost: bool,
    hangs_at: Option<Mono>,
    recording: Option<String>,
}

enum Down {
    Text(String),
    Lost(LostCause),
}

impl Connection {
    pub(super) fn new(
        now: Mono,
        name: String,
        model: FakeModel,
        setup: ModelSetup,
        delay: Duration,
        record: bool,
    ) -> Self {
        let mut connection = Self {
            name,
            encoder: Encoder::new(setup),
            decoder: Decoder::new(tools::parse),
            delay,
            up: Agenda::new(),
            down: Agenda::new(),
            opens_at: None,
            events: VecDeque::new(),
            lost: false,
            hangs_at: None,
            recording: record.then(String::new),
            model,
        };
        let opening = connection.model.knobs().connect_delay + delay;
        match connection.model.refusal_status(Some(AUTHORIZATION)) {
            Some(401 | 403 | 404) => connection.down.add(now + opening, Down::Lost(LostCause::Refused)),
            Some(_) => connection.down.add(now + opening, Down::Lost(LostCause::Unreachable)),
            None if !connection.model.accepts() => {
                connection.down.add(now + opening, Down::Lost(LostCause::Unreachable));
            }
            None => connection.opens_at = Some(now + opening),
        }
        if let (Some(opens), Some(after)) = (connection.opens_at, connection.model.knobs().hang_after) {
            connection.hangs_at = Some(opens + after);
            // The link finds a half-open connection by its pings.
            connection.down.add(opens + after + HALF_OPEN_FOUND, Down::Lost(LostCause::Broken));
        }
        connection
    }

    pub(super) fn send(&mut self, now: Mono, command: &ModelCommand) {
        let text = self.encoder.encode(command);
        self.record(Direction::Client, &text);
        self.up.add(now + self.delay, text);
    }

    pub(super) fn advance(&mut self, now: Mono) {
        if self.opens_at.is_some_and(|at| at <= now) {
            self.opens_at = None;
            self.model.open(now, Some("gpt-realtime-2.1"), Some(AUTHORIZATION), false);
        }
        while let Some((_, text)) = self.up.pop_due(now) {
            self.model.receive(now, &text);
        }
        if self.model.next_wake().is_some_and(|at| at <= now) {
            self.model.advance(now);
        }
        while let Some(out) = self.model.poll() {
            let due = now + self.delay;
            match out {
                ModelOut::Text(text) => self.down.add(due, Down::Text(text)),
                ModelOut::Binary(_) => {}
                ModelOut::Close { code: 3000 | 4000, .. } => self.down.add(due, Down::Lost(LostCause::Refused)),
                ModelOut::Close { .. } | ModelOut::Reset => self.down.add(due, Down::Lost(LostCause::Broken)),
            }
        }
        while let Some((_, down)) = self.down.pop_due(now) {
            if self.lost {
                continue;
            }
            match down {
                Down::Text(text) => {
                    self.record(Direction::Server, &text);
                    self.decoder.decode(&text, &mut self.events);
                    let last = self.events.back();
                    self.lost = matches!(last, Some(ModelEvent::Input(ModelInput::Lost(_))));
                }
                Down::Lost(cause) => {
                    self.lost = true;
                    self.events.push_back(ModelEvent::Input(ModelInput::Lost(cause)));
                }
            }
        }
    }

    pub(super) fn next_event(&mut self) -> Option<ModelEvent> {
        self.events.pop_front()
    }

    pub(super) fn next_deadline(&self) -> Option<Mono> {
        let wires = earlier(self.up.next_deadline(), self.down.next_deadline());
        let open = if self.opens_at.is_some() { self.opens_at } else { self.model.next_wake() };
        earlier(wires, open)
    }

    pub(super) const fn model(&self) -> &FakeModel {
        &self.model
    }

    /// When it hangs, if it does.
    pub(super) fn hangs_at(&self) -> Option<Mono> {
        self.hangs_at
    }

    /// Nothing is under way in either direction.
    pub(super) fn is_quiet(&self) -> bool {
        self.up.is_empty() && self.down.is_empty()
    }

    pub(super) fn take_recording(&mut self) -> String {
        self.recording.take().unwrap_or_default()
    }

    fn record(&mut self, direction: Direction, text: &str) {
        if let Some(recording) = &mut self.recording
            && let Some(line) = recording::line(direction, &self.name, text)
        {
            recording.push_str(&line);
            if !line.ends_with('\n') {
                recording.push('\n');
            }
        }
    }
}

/// A ping every five seconds, eleven seconds of patience.
const HALF_OPEN_FOUND: Duration = Duration::from_secs(16);

const AUTHORIZATION: &str = "Bearer simulated";
