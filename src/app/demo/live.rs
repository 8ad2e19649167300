//! The conversation as it happens: one line for each sentence, in the order in which they were begun.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};

use crate::app::play::is_local;
use crate::ports::store::Entry;
use crate::session::effect::{Event, Heard, Line, Record};
use crate::types::{Speaker, Wall};

/// Prints committed entries by the time at which they began. A line whose text came late is waited for by those after
/// it, and what happened besides waits for the line that it came before.
pub(super) struct Live {
    colours: bool,
    began: Wall,
    next: u32,
    held: BTreeMap<u32, Line>,
    /// When, and what.
    notes: VecDeque<(u64, String)>,
}

impl Live {
    pub(super) fn new(colours: bool) -> Self {
        Self { colours, began: Wall(0), next: 0, held: BTreeMap::new(), notes: VecDeque::new() }
    }

    pub(super) fn show(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        match &entry.record {
            Record::Opened(_) => self.began = entry.at,
            Record::Line(line) => {
                self.held.insert(line.seq, line.clone());
                while let Some(line) = self.held.remove(&self.next) {
                    self.next += 1;
                    self.line(&line, out)?;
                }
            }
            Record::Event(event) => {
                if let Some(text) = note(event) {
                    let ms = (entry.at.0.saturating_sub(self.began.0) / 1000).max(0);
                    self.notes.push_back((ms as u64, text));
                }
            }
            Record::Intake(_)
            | Record::Phase(_)
            | Record::Usage(_)
            | Record::Leg(_)
            | Record::Escalation(_)
            | Record::EscalationMove(_)
            | Record::Attempt(_)
            | Record::AttemptMove(_)
            | Record::Callback(_)
            | Record::Voicemail(_)
            | Record::Ended(_) => {}
        }
        out.flush()
    }

    /// Prints what still waits for a line that never came.
    pub(super) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        for line in std::mem::take(&mut self.held).into_values() {
            self.line(&line, out)?;
        }
        self.notes_until(u64::MAX, out)?;
        out.flush()
    }

    fn line(&mut self, line: &Line, out: &mut impl Write) -> io::Result<()> {
        self.notes_until(line.start.0.into(), out)?;
        let (who, colour) = match line.speaker {
            Speaker::Caller => ("caller", "36"),
            Speaker::Assistant if is_local(&line.origin) => ("gateway", "33"),
            Speaker::Assistant => ("assistant", "32"),
        };
        let cut = match line.heard {
            Heard::Full => "",
            Heard::Cut { .. } => " --",
        };
        let who = self.paint(colour, &format!("{who:<9}"));
        writeln!(out, "{}  {who}  {}{cut}", clock(line.start.0.into()), line.text)
    }

    fn notes_until(&mut self, ms: u64, out: &mut impl Write) -> io::Result<()> {
        while let Some((at, text)) = self.notes.pop_front_if(|(at, _)| *at <= ms) {
            writeln!(out, "{}", self.paint("2", &format!("{}  {:<9}  ({text})", clock(at), "")))?;
        }
        Ok(())
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// What is worth a line besides what was said.
fn note(event: &Event) -> Option<String> {
    match event {
        Event::BargeIn { heard, received, .. } => Some(format!(
            "the caller interrupts: {:.1} s of {:.1} s were heard",
            f64::from(heard.0) / 1000.0,
            f64::from(received.0) / 1000.0
        )),
        Event::ToolUsed { name, accepted } => {
            Some(format!("the assistant uses {name}{}", if *accepted { "" } else { ", which is refused" }))
        }
        Event::ModelLost { cause } => Some(format!("the model is lost: {cause}")),
        Event::ModelFault { code } => Some(format!("the model complains: {code}")),
        Event::ResponseFailed { code } => Some(format!("a response of the model fails: {code}")),
        Event::Silence { step } => Some(format!("the caller is silent, step {step}")),
        Event::KeysPressed { count } => Some(format!("{count} keys")),
        Event::TimeWarning => Some("the call nears its longest time".to_owned()),
        Event::PlayoutOverflow { dropped } => Some(format!("{} ms of sound are dropped", dropped.0)),
        Event::StreamDetached { cause: "stopped" } => None,
        Event::StreamDetached { cause } => Some(format!("the media stream ends: {cause}")),
        Event::StreamAttached { resumed: true, .. } => Some("a new media stream takes over".to_owned()),
        Event::Alarm { alarm, rule, .. } => Some(format!("the safety net hears: {alarm} ({rule})")),
        Event::EscalationJoined { .. }
        | Event::OperatorKey { .. }
        | Event::Moved { .. }
        | Event::TakenUp
        | Event::PickedUp { .. }
        | Event::StaffSaid
        | Event::StreamAttached { resumed: false, .. }
        | Event::ModelReady { .. }
        | Event::Answered { .. }
        | Event::LocalSentence { .. }
        | Event::LegStatus { .. } => None,
    }
}

/// `m:ss.s`.
fn clock(ms: u64) -> String {
    let tenths = ms / 100;
    format!("{:>4}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}
