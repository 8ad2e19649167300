//! The conversation as it happens: one line for each sentence, in the order in which they were begun.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use crate::app::demo::notes;
use crate::app::play::{News, PhoneEvent, PhoneNews, began, is_local};
use crate::audio::prompts;
use crate::ports::store::Entry;
use crate::session::effect::{Event, Heard, Line, LineOrigin, Record};
use crate::types::{Prompt, Speaker, Wall};

/// Prints what happens by the time at which it began. A line whose text came late is waited for by those after it, and
/// what happened besides waits for the line that it came before, a while at most.
pub(super) struct Live {
    colours: bool,
    outside: &'static str,
    began: Wall,
    next: u32,
    held: BTreeMap<u32, Line>,
    /// Printed lines besides the transcript: by when, and in the order in which they came.
    waiting: BTreeMap<(u64, u64), String>,
    waited: u64,
    /// The emergency sentence was printed when it began: it is long, and what happens meanwhile matters.
    told_emergency: bool,
    /// The caller talks with a person: the gateway hears nothing that could come late.
    is_away: bool,
}

/// Longer than most sentences and their transcript take.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_AWAY: Duration = Duration::from_millis(500);

impl Live {
    /// `outside`: what the one on the other end is called.
    pub(super) const fn new(colours: bool, outside: &'static str) -> Self {
        Self {
            colours,
            outside,
            began: Wall(0),
            next: 0,
            held: BTreeMap::new(),
            waiting: BTreeMap::new(),
            waited: 0,
            told_emergency: false,
            is_away: false,
        }
    }

    pub(super) fn show(&mut self, news: News<'_>, out: &mut impl Write) -> io::Result<()> {
        match news {
            News::Recorded(entry) => self.recorded(entry, out)?,
            News::Phone(news) => self.phone(&news),
            News::Now(now) => {
                let patience = if self.is_away { PATIENCE_AWAY } else { PATIENCE };
                let until = self.ms(now).saturating_sub(patience.as_millis() as u64);
                self.waiting_until(until, out)?;
            }
        }
        out.flush()
    }

    /// Prints what still waits for a line that never came.
    pub(super) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        for line in std::mem::take(&mut self.held).into_values() {
            self.line(&line, out)?;
        }
        self.waiting_until(u64::MAX, out)?;
        out.flush()
    }

    fn recorded(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        match &entry.record {
            Record::Opened(_) => self.began = began(entry.call),
            Record::Line(line) => {
                self.held.insert(line.seq, line.clone());
                while let Some(line) = self.held.remove(&self.next) {
                    self.next += 1;
                    self.line(&line, out)?;
                }
            }
            Record::Event(Event::LocalSentence { prompt: Prompt::Emergency }) => {
                self.told_emergency = true;
                let text = prompts::for_language("en").sentence(Prompt::Emergency).text.clone();
                let at = self.ms(entry.at);
                self.waiting_until(at, out)?;
                writeln!(out, "{}", self.said(at, "gateway", GATEWAY, &text))?;
            }
            record => {
                if let Some(text) = notes::note(record) {
                    let at = self.ms(entry.at);
                    self.wait(at, self.remark(at, "", &text));
                }
            }
        }
        Ok(())
    }

    fn phone(&mut self, news: &PhoneNews) {
        if self.began == Wall(0) {
            // A phone may do something before the gateway has a record of the call.
            self.began = news.at;
        }
        let (at, who) = (self.ms(news.at), &*news.who);
        let line = match &news.what {
            PhoneEvent::Rings => self.remark(at, who, "the phone rings"),
            PhoneEvent::Answers => self.remark(at, who, "answers"),
            PhoneEvent::Hears(text) => self.said(at, &format!("-> {who}"), GATEWAY, text),
            PhoneEvent::Presses(key) => self.said(at, who, PERSON, &format!("[{key}]")),
            PhoneEvent::Says(text) if who == "caller" => self.said(at, who, CALLER, text),
            PhoneEvent::Says(text) => self.said(at, who, PERSON, text),
            PhoneEvent::Records => self.remark(at, who, "a tone; what is said now is kept"),
            PhoneEvent::Detected(found) => self.remark(at, "", &format!("detection says: {found}")),
            PhoneEvent::Connected => {
                self.is_away = true;
                self.remark(at, "", "the two hear each other")
            }
            PhoneEvent::Parted => {
                self.is_away = false;
                return;
            }
            PhoneEvent::Ends { by_owner: true, .. } => self.remark(at, who, "hangs up"),
            PhoneEvent::Ends { status: "completed", .. } => self.remark(at, who, "the call ends"),
            PhoneEvent::Ends { status, .. } => self.remark(at, who, status),
        };
        self.wait(at, line);
    }

    fn line(&mut self, line: &Line, out: &mut impl Write) -> io::Result<()> {
        self.waiting_until(line.start.0.into(), out)?;
        if line.origin == LineOrigin::Local(Prompt::Emergency) && std::mem::take(&mut self.told_emergency) {
            return Ok(());
        }
        if line.text.is_empty() {
            // It was cut before anything was heard.
            return Ok(());
        }
        let (who, colour) = match line.speaker {
            Speaker::Caller => (self.outside, CALLER),
            Speaker::Assistant if is_local(&line.origin) => ("gateway", GATEWAY),
            Speaker::Assistant => ("assistant", "32"),
        };
        let cut = match line.heard {
            Heard::Full => "",
            Heard::Cut { .. } => " --",
        };
        writeln!(out, "{}", self.said(line.start.0.into(), who, colour, &format!("{}{cut}", line.text)))
    }

    fn said(&self, ms: u64, who: &str, colour: &str, text: &str) -> String {
        format!("{}  {}  {text}", clock(ms), self.paint(colour, &format!("{who:<9}")))
    }

    fn remark(&self, ms: u64, who: &str, text: &str) -> String {
        self.paint("2", &format!("{}  {who:<9}  ({text})", clock(ms)))
    }

    fn wait(&mut self, ms: u64, line: String) {
        self.waited += 1;
        self.waiting.insert((ms, self.waited), line);
    }

    fn waiting_until(&mut self, ms: u64, out: &mut impl Write) -> io::Result<()> {
        while let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= ms) {
            writeln!(out, "{}", first.remove())?;
        }
        Ok(())
    }

    /// Since the call began.
    fn ms(&self, at: Wall) -> u64 {
        (at.0.saturating_sub(self.began.0) / 1000).max(0).unsigned_abs()
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

const CALLER: &str = "36";
const GATEWAY: &str = "33";
const PERSON: &str = "35";

/// `m:ss.s`.
fn clock(ms: u64) -> String {
    let tenths = ms / 100;
    format!("{:>4}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}
