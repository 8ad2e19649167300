//! What happens on the phones, read from the phone company's own report: who rings, hears, presses, speaks and leaves.
//!
//! The gateway records its own part of a call; what an operator hears, and what two people say to each other, only
//! those on the phone know.

use std::collections::BTreeMap;

use crate::sim::caller::Diary;
use crate::sim::carrier::company::{Beat, EndedBy};
use crate::sim::carrier::{ExchangeReport, LegNo};
use crate::sim::clips::Library;
use crate::sim::scenario::{Scenario, cast};
use crate::sim::server::carrier::CarrierServer;
use crate::types::{Mono, Wall};

/// Something that happened on a phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PhoneNews {
    pub at: Wall,
    /// `caller`, `callee`, or an operator's target.
    pub who: String,
    pub what: PhoneEvent,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PhoneEvent {
    Rings,
    Answers,
    /// The carrier's voice says this, for the gateway.
    Hears(String),
    Presses(char),
    /// To a person.
    Says(String),
    /// A beep, and then what is said is kept.
    Records,
    /// What detection told the gateway.
    Detected(&'static str),
    /// Two people hear each other.
    Connected,
    /// Not any more.
    Parted,
    /// The phone is down; the carrier's final status, and whether its owner put it down.
    Ends {
        status: &'static str,
        by_owner: bool,
    },
}

/// The phones of one scenario.
pub(super) struct Phones {
    epoch: Wall,
    library: Library,
    /// Who has which number.
    names: BTreeMap<String, String>,
    /// By name.
    diaries: BTreeMap<String, (Diary, usize)>,
    /// Moments of each leg that were told.
    told: BTreeMap<LegNo, usize>,
}

const CALLER: &str = "caller";
const CALLEE: &str = "callee";

impl Phones {
    pub(super) fn new(scenario: &Scenario, epoch: Wall) -> Self {
        let operators = scenario.operators.iter();
        let mut names: BTreeMap<String, String> =
            operators.filter_map(|role| Some((scenario.number_of(&role.name)?, role.name.clone()))).collect();
        if let Some((order, _)) = &scenario.outbound {
            names.insert(order.to.clone(), CALLEE.to_owned());
        }
        let everybody = names.values().map(String::as_str).chain([CALLER]);
        let diaries = everybody.map(|name| (name.to_owned(), (Diary::default(), 0))).collect();
        Self { epoch, library: Library::builtin(), names, diaries, told: BTreeMap::new() }
    }

    /// Gives everybody in the scenario a telephone.
    pub(super) fn fill_book(&self, scenario: &Scenario, carrier: &CarrierServer) -> anyhow::Result<()> {
        let callee = scenario.outbound.iter().map(|(_, callee)| callee);
        for role in scenario.operators.iter().chain(callee) {
            let number = self.names.iter().find(|(_, name)| **name == role.name).map(|(number, _)| number);
            if let Some(number) = number {
                carrier.add_person(number, role.person(&self.library, &self.diary(&role.name))?);
            }
        }
        Ok(())
    }

    pub(super) fn caller_diary(&self) -> Diary {
        self.diary(CALLER)
    }

    fn diary(&self, name: &str) -> Diary {
        self.diaries.get(name).map(|(diary, _)| diary.clone()).unwrap_or_default()
    }

    /// Somebody has phoned, or was phoned.
    pub(super) fn saw_anybody(&self) -> bool {
        !self.told.is_empty()
    }

    /// What is new since the last look, in order.
    pub(super) fn look(&mut self, report: &ExchangeReport) -> Vec<PhoneNews> {
        let mut news = Vec::new();
        for leg in &report.legs {
            let who =
                if leg.direction == "inbound" { CALLER } else { self.names.get(&leg.to).map_or("?", |name| name) };
            let told = self.told.entry(leg.no).or_default();
            for moment in leg.story.get(*told..).unwrap_or_default() {
                let ended = leg.ended.map(|end| (end.status, end.by));
                if let Some(what) = event(&moment.beat, who, ended) {
                    news.push(PhoneNews { at: wall(self.epoch, moment.at), who: who.to_owned(), what });
                }
            }
            *told = leg.story.len();
        }
        for (who, (diary, told)) in &mut self.diaries {
            let spoken = diary.after(*told);
            *told += spoken.len();
            for spoken in spoken.into_iter().filter(|spoken| spoken.to_person) {
                let text = cast::clip(&self.library, &spoken.clip).map(|clip| clip.text.to_string());
                let what = PhoneEvent::Says(text.unwrap_or(spoken.clip));
                news.push(PhoneNews { at: wall(self.epoch, spoken.at), who: who.clone(), what });
            }
        }
        news.sort_by_key(|news| news.at);
        news
    }
}

/// The caller's side of a call is in the gateway's own records, but for what happens without its stream.
fn event(beat: &Beat, who: &str, ended: Option<(&'static str, EndedBy)>) -> Option<PhoneEvent> {
    let is_caller = who == CALLER;
    match beat {
        Beat::Said(text) => Some(PhoneEvent::Hears(text.clone())),
        Beat::Recording => Some(PhoneEvent::Records),
        Beat::Connected if is_caller => Some(PhoneEvent::Connected),
        Beat::Alone if is_caller => Some(PhoneEvent::Parted),
        Beat::Ended => {
            let (status, by) = ended?;
            Some(PhoneEvent::Ends { status, by_owner: by == EndedBy::Caller })
        }
        Beat::Ringing if !is_caller => Some(PhoneEvent::Rings),
        Beat::Answered if !is_caller => Some(PhoneEvent::Answers),
        Beat::Pressed(key) if !is_caller => Some(PhoneEvent::Presses(*key)),
        Beat::Detected(found) => Some(PhoneEvent::Detected(found)),
        Beat::Ringing
        | Beat::Answered
        | Beat::Pressed(_)
        | Beat::Played(_)
        | Beat::Gathering
        | Beat::Streaming
        | Beat::Recorded(_)
        | Beat::Dialling(_)
        | Beat::Entered(_)
        | Beat::Connected
        | Beat::Alone
        | Beat::Redirected => None,
    }
}

/// The wall clock at a time of the stage's clock.
pub const fn wall(epoch: Wall, at: Mono) -> Wall {
    Wall(epoch.0.saturating_add_unsigned(at.0))
}
