//! The media streams of a call: opened for a `<Connect>`, ended by either side, and what follows.

use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{CompanyCall, CompanyOut, Later, OPEN_WAIT, Post, SocketNo, Stage, stream_sid};
use crate::sim::carrier::phone::{Phone, PhoneOut};
use crate::sim::carrier::wire::Names;
use crate::types::Mono;

impl CompanyCall {
    /// The gateway accepted the socket.
    pub fn stream_opened(&mut self, now: Mono, socket: SocketNo, out: &mut Vec<CompanyOut>) {
        if !matches!(self.stage, Stage::Opening { .. }) || !self.is_current(socket) {
            out.push(CompanyOut::CloseStream { socket, code: 1000 });
            return;
        }
        self.stage = Stage::Streaming;
        self.tell(now, Beat::Streaming);
        // Who has no voice is silent on a stream, but silence has frames, too.
        self.tick_at.get_or_insert(now);
        self.report_stream(now, "stream-started", None);
        if let Some(phone) = self.phones.last_mut() {
            phone.open(now, &mut self.phone_out);
        }
        self.pump(now, out);
    }

    /// The gateway did not accept the socket; `status` is what it answered, if anything.
    pub fn stream_refused(&mut self, now: Mono, socket: SocketNo, status: Option<u16>, out: &mut Vec<CompanyOut>) {
        if matches!(self.stage, Stage::Opening { .. }) && self.is_current(socket) {
            self.opening_failed(now, if status.is_some() { 31920 } else { 31902 }, out);
        }
    }

    /// A text of the gateway.
    pub fn stream_text(&mut self, now: Mono, socket: SocketNo, text: &str, out: &mut Vec<CompanyOut>) {
        let Some(phone) = self.phones.get_mut(socket.0 as usize) else { return };
        phone.text(now, text, &mut self.phone_out);
        self.pump_of(now, socket.0 as usize, out);
    }

    /// A binary message of the gateway: nothing that it may send.
    pub fn stream_binary(&mut self, now: Mono, socket: SocketNo) {
        if let Some(phone) = self.phones.get_mut(socket.0 as usize) {
            phone.binary(now);
        }
    }

    /// The gateway closed the socket, or it broke.
    pub fn stream_closed(&mut self, now: Mono, socket: SocketNo, out: &mut Vec<CompanyOut>) {
        let Some(phone) = self.phones.get_mut(socket.0 as usize) else { return };
        phone.closed(now);
        if matches!(self.stage, Stage::Streaming) && self.is_current(socket) {
            self.report_stream(now, "stream-stopped", None);
            self.after_stream(now, out);
        }
        self.tell_over(out);
    }

    pub(super) fn open_stream(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let Some(connect) = &self.connect else { return };
        if self.phones.len() >= STREAMS_MAX {
            self.violation(now, 0, "the gateway asks for one stream after the other".to_owned());
            self.run(now, out);
            return;
        }
        let stream = stream_sid(&mut self.rng);
        let names =
            Names { account: self.config.account.to_string(), call: self.leg.to_string(), stream: stream.to_string() };
        let socket = SocketNo(self.phones.len() as u32);
        out.push(CompanyOut::OpenStream { socket, url: connect.url.clone() });
        // Timed faults are of the call's first stream: a stream that comes back stays.
        let mut knobs = self.phone_knobs.clone();
        if socket.0 == 0
            && let Some(after) = self.knobs.replay_after
        {
            self.later.add(now + after, Later::Replay);
        }
        if socket.0 > 0 {
            (knobs.drop_at, knobs.key_flood, knobs.start) = (None, None, Default::default());
        }
        let rng = self.rng.fork();
        self.phones.push(Phone::new(names, stream, connect.parameters.clone(), knobs, rng, self.capture));
        self.stage = Stage::Opening { deadline: now + OPEN_WAIT };
    }

    pub(super) fn opening_failed(&mut self, now: Mono, code: u32, out: &mut Vec<CompanyOut>) {
        self.violation(now, code, "the stream's socket was not accepted".to_owned());
        self.report_stream(now, "stream-error", Some(code));
        self.after_stream(now, out);
    }

    /// Says `stop` and closes.
    pub(super) fn end_stream(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        if let Some(phone) = self.phones.last_mut() {
            phone.end(now, &mut self.phone_out);
        }
        self.pump(now, out);
    }

    pub(super) fn advance_streams(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        for index in 0..self.phones.len() {
            self.phones[index].advance(now, &mut self.phone_out);
            self.pump_of(now, index, out);
        }
    }

    /// Passes on what the current phone wants.
    pub(super) fn pump(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        if let Some(index) = self.phones.len().checked_sub(1) {
            self.pump_of(now, index, out);
        }
    }

    fn pump_of(&mut self, now: Mono, index: usize, out: &mut Vec<CompanyOut>) {
        if self.phone_out.is_empty() {
            return;
        }
        let socket = SocketNo(index as u32);
        let mut items = std::mem::take(&mut self.phone_out);
        for item in items.drain(..) {
            let broke = match item {
                PhoneOut::Text(text) => {
                    out.push(CompanyOut::StreamText { socket, text });
                    false
                }
                PhoneOut::Close(code) => {
                    out.push(CompanyOut::CloseStream { socket, code });
                    true
                }
                PhoneOut::Reset => {
                    out.push(CompanyOut::ResetStream { socket });
                    true
                }
            };
            if broke && matches!(self.stage, Stage::Streaming) && self.is_current(socket) {
                self.report_stream(now, "stream-error", Some(31903));
                self.after_stream(now, out);
            }
        }
        self.phone_out = items;
    }

    /// The stream has ended and the caller is still there: ask the action, or go on with the document.
    fn after_stream(&mut self, now: Mono, out: &mut Vec<CompanyOut>) {
        let action = self.connect.take().and_then(|connect| connect.action);
        match action {
            Some(action) if !self.knobs.lose_after_stream => {
                self.ask_next(now, WebhookKind::AfterStream, &action, Vec::new());
            }
            Some(_) | None => self.run(now, out),
        }
    }

    /// Tells the stream's own callback, if the document wants that.
    pub(super) fn report_stream(&mut self, now: Mono, event: &str, error: Option<u32>) {
        let Some(connect) = &self.connect else { return };
        let Some(url) = connect.status_callback.clone() else { return };
        let stream = self.phones.last().map(|phone| phone.stream().to_string()).unwrap_or_default();
        let name = connect.name.clone().unwrap_or_else(|| stream.clone());
        let mut pairs = vec![
            ("AccountSid".to_owned(), self.config.account.to_string()),
            ("CallSid".to_owned(), self.leg.to_string()),
            ("StreamSid".to_owned(), stream),
            ("StreamName".to_owned(), name),
            ("StreamEvent".to_owned(), event.to_owned()),
            ("Timestamp".to_owned(), self.iso(now)),
        ];
        if let Some(code) = error {
            pairs.push(("StreamError".to_owned(), code.to_string()));
        }
        self.post(now, Post { kind: WebhookKind::StreamStatus, url, pairs }, false);
    }

    fn is_current(&self, socket: SocketNo) -> bool {
        self.phones.len() == socket.0 as usize + 1
    }
}

const STREAMS_MAX: usize = 16;
