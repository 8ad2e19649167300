//! `<Dial>` with numbers, and everything else that a leg wishes: who is rung, who is connected, who goes on alone.
//!
//! The first called leg that is done with its document is connected; the others stop ringing. When either side is
//! gone, the other's document goes on (who dialled) or its call ends (who was called).

use std::time::Duration;

use crate::sim::carrier::company::{Amd, Apart, CompanyCall, EndedBy, First, Outbound, Wish};
use crate::sim::carrier::exchange::{Dialled, DialledBy, Exchange, ExchangeOut, LegNo, Tie};
use crate::sim::carrier::person::{Person, PickUp};
use crate::sim::carrier::twiml::Number;
use crate::types::Mono;

impl Exchange {
    pub(super) fn fulfil(&mut self, now: Mono, no: LegNo, wish: Wish, out: &mut Vec<ExchangeOut>) {
        match wish {
            Wish::Ring { numbers, caller_id, ring } => self.ring(now, no, &numbers, caller_id, ring, out),
            Wish::Join(room) => self.join(now, no, room, out),
            Wish::Connect => self.connect(now, no, out),
            Wish::Leave => {
                self.let_go(now, no, Gone { reason: "participant_updated_via_api", status: "completed" }, out)
            }
            Wish::TimeUp => self.time_up(now, no, out),
            Wish::WaitFailed => {
                self.leave_room(now, no, "participant_add_failed", false, out);
                let apart = Apart { status: "failed", child: None };
                self.with_leg(no, out, |leg, out| leg.apart(now, &apart, out));
            }
            Wish::Over { status } => self.let_go(now, no, Gone { reason: "participant_hung_up", status }, out),
        }
    }

    /// Somebody from the phone book, or nobody.
    pub(super) fn person(&mut self, number: &str) -> Person {
        let Some(persons) = self.book.get_mut(number) else { return Person::failing() };
        match persons.len() {
            0 => Person::failing(),
            1 => persons[0].clone(),
            _ => persons.pop_front().unwrap_or_else(Person::failing),
        }
    }

    /// Places a leg; the rest follows from its own time.
    pub(super) fn call_out(
        &mut self,
        now: Mono,
        (from, to): (String, String),
        outbound: Outbound,
        (by, tie): (DialledBy, Tie),
        out: &mut Vec<ExchangeOut>,
    ) -> LegNo {
        let is_machine = matches!(outbound.person.pick_up, PickUp::Machine { .. });
        let (kit, rng) = (self.kit(), self.rng.fork());
        let call = CompanyCall::outbound(self.company.clone(), (from, to.clone()), outbound, kit, rng);
        let leg = call.leg().clone();
        let no = self.add(call);
        if is_machine {
            self.machines.insert(no);
        }
        self.ties[no.0 as usize] = tie;
        self.dialled.push(Dialled { at: now, number: to, leg, by });
        self.with_leg(no, out, |leg, out| leg.start(now, out));
        no
    }

    fn ring(
        &mut self,
        now: Mono,
        no: LegNo,
        numbers: &[Number],
        caller_id: Option<String>,
        ring: Duration,
        out: &mut Vec<ExchangeOut>,
    ) {
        let parent = &self.legs[no.0 as usize];
        let (name, from, to) = (parent.leg().clone(), parent.from().to_owned(), parent.to().to_owned());
        if let Some(shown) = &caller_id
            && *shown != from
            && *shown != to
            && !self.is_ours(shown)
        {
            self.violation(now, 13214, "<Dial callerId> is neither ours nor a party of the call");
        }
        self.ties[no.0 as usize] = Tie::Dialling { children: Vec::new(), bridged: None };
        for number in numbers.iter().take(NUMBERS_MAX) {
            if !is_number(&number.number) {
                self.violation(now, 13223, "<Dial> with something that is no phone number");
                continue;
            }
            let first = match &number.url {
                Some(url) => First::Url(self.legs[no.0 as usize].resolve(now, url)),
                None => First::Nothing,
            };
            let amd = number.detection.as_ref().map(|detection| Amd {
                message_end: detection.message_end,
                callback: detection.callback.clone(),
                wait: DETECTION_WAIT,
            });
            let outbound = Outbound {
                parent: Some(name.clone()),
                first,
                person: self.person(&number.number),
                ring,
                limit: None,
                callback: number.callback.clone(),
                fallback_url: None,
                amd,
                answered_by: None,
            };
            let shown = caller_id.clone().unwrap_or_else(|| from.clone());
            let by = DialledBy::Number(name.clone());
            let child =
                self.call_out(now, (shown, number.number.clone()), outbound, (by, Tie::Child { parent: no }), out);
            if let Tie::Dialling { children, .. } = &mut self.ties[no.0 as usize] {
                children.push(child);
            }
        }
        if matches!(&self.ties[no.0 as usize], Tie::Dialling { children, .. } if children.is_empty()) {
            self.ties[no.0 as usize] = Tie::Free;
            let apart = Apart { status: "failed", child: None };
            self.with_leg(no, out, |leg, out| leg.apart(now, &apart, out));
        }
    }

    /// A called leg is done with its document: it is connected, and the others stop ringing.
    fn connect(&mut self, now: Mono, child: LegNo, out: &mut Vec<ExchangeOut>) {
        let Tie::Child { parent } = self.ties[child.0 as usize] else { return };
        let legs = [parent, child];
        let bridge = self.open_bridge(now, "", &legs);
        let Tie::Dialling { children, bridged } = &mut self.ties[parent.0 as usize] else { return };
        let others: Vec<LegNo> = children.iter().copied().filter(|other| *other != child).collect();
        *bridged = Some((child, bridge));
        *children = vec![child];
        for other in others {
            self.ties[other.0 as usize] = Tie::Free;
            self.with_leg(other, out, |leg, out| leg.cut(now, EndedBy::Other, "canceled", out));
        }
        for (leg, other) in [(parent, child), (child, parent)] {
            let chatter = self.legs[other.0 as usize].is_voiceless();
            self.with_leg(leg, out, |leg, _| leg.connect_with(now, true, chatter));
        }
        self.with_leg(parent, out, |leg, _| leg.limit_talk(now));
    }

    /// A leg is not part of its `<Dial>` any more: it has ended, or was put elsewhere.
    fn let_go(&mut self, now: Mono, no: LegNo, gone: Gone, out: &mut Vec<ExchangeOut>) {
        match std::mem::replace(&mut self.ties[no.0 as usize], Tie::Free) {
            Tie::Free => {}
            Tie::Dialling { children, bridged } => {
                if let Some((_, bridge)) = bridged {
                    self.close_bridge(now, bridge);
                }
                for child in children {
                    self.ties[child.0 as usize] = Tie::Free;
                    self.with_leg(child, out, |leg, out| leg.cut(now, EndedBy::Other, "canceled", out));
                }
            }
            Tie::Child { parent } => {
                self.legs[no.0 as usize].set_free();
                self.child_gone(now, parent, no, gone.status, out);
            }
            Tie::Room(room) => {
                self.ties[no.0 as usize] = Tie::Room(room);
                self.leave_room(now, no, gone.reason, false, out);
            }
        }
    }

    /// A called leg is gone: the other numbers go on ringing, or the `<Dial>` is over.
    fn child_gone(&mut self, now: Mono, parent: LegNo, child: LegNo, status: &'static str, out: &mut Vec<ExchangeOut>) {
        let Tie::Dialling { children, bridged } = &mut self.ties[parent.0 as usize] else { return };
        children.retain(|other| *other != child);
        let bridge = bridged.filter(|(other, _)| *other == child).map(|(_, bridge)| bridge);
        if bridge.is_none() && !children.is_empty() {
            return;
        }
        self.ties[parent.0 as usize] = Tie::Free;
        if let Some(bridge) = bridge {
            self.close_bridge(now, bridge);
        }
        let leg = &self.legs[child.0 as usize];
        let lasted = leg.duration(now).unwrap_or_default();
        let apart = Apart { status, child: Some((leg.leg().clone(), bridge.is_some(), lasted)) };
        self.with_leg(parent, out, |leg, out| leg.apart(now, &apart, out));
    }

    /// The limit of a `<Dial>`: the called leg ends, or the room is left (a guess for the room).
    fn time_up(&mut self, now: Mono, no: LegNo, out: &mut Vec<ExchangeOut>) {
        match self.ties[no.0 as usize].clone() {
            Tie::Dialling { bridged: Some((child, _)), .. } => {
                self.with_leg(child, out, |leg, out| leg.cut(now, EndedBy::Limit, "completed", out));
            }
            Tie::Room(_) => {
                self.leave_room(now, no, "participant_hung_up", false, out);
                let apart = Apart { status: "answered", child: None };
                self.with_leg(no, out, |leg, out| leg.apart(now, &apart, out));
            }
            Tie::Dialling { .. } | Tie::Child { .. } | Tie::Free => {}
        }
    }

    pub(super) fn is_ours(&self, number: &str) -> bool {
        let ours = &self.config.numbers;
        ours.is_empty() || ours.iter().any(|own| own == number)
    }
}

/// Why a leg is gone, for a room and for a `<Dial>`.
struct Gone {
    reason: &'static str,
    status: &'static str,
}

/// E.164.
pub(super) fn is_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Numbers that one `<Dial>` may ring at once.
const NUMBERS_MAX: usize = 10;

/// The default of the carrier's detection.
const DETECTION_WAIT: Duration = Duration::from_secs(30);
