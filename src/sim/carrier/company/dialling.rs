//! A leg in a `<Dial>`, as far as the leg itself is concerned: it wishes, the exchange fulfils.
//!
//! The exchange knows who rings, who is in which room and who is connected; the leg knows its document, and goes on
//! with it when the exchange says so.

use std::time::Duration;

use crate::sim::carrier::company::report::{Beat, WebhookKind};
use crate::sim::carrier::company::{CompanyCall, CompanyOut, EndedBy, Hold, Later, Origin, Stage};
use crate::sim::carrier::twiml::{Conference, Dial, Number, Wait, Whom};
use crate::types::{LegId, Mono};

/// What a leg wants of the exchange.
pub(in crate::sim::carrier) enum Wish {
    /// Ring these.
    Ring {
        numbers: Vec<Number>,
        caller_id: Option<String>,
        ring: Duration,
    },
    Join(Conference),
    /// A called leg has heard what it was to hear: connect it with who dialled it.
    Connect,
    /// A request put the leg elsewhere: its `<Dial>` is over, its action is not asked for.
    Leave,
    /// The time limit of the `<Dial>` has come.
    TimeUp,
    /// The room's waiting document cannot be used.
    WaitFailed,
    Over {
        status: &'static str,
    },
}

/// How a `<Dial>` ended.
#[derive(Clone, Debug)]
pub(in crate::sim::carrier) struct Apart {
    /// The carrier's word.
    pub status: &'static str,
    /// The called leg that decided it, whether it was connected, and how long it lasted. `None` for a room.
    pub child: Option<(LegId, bool, Duration)>,
}

/// The company that a leg is in.
#[derive(Default)]
pub(in crate::sim::carrier) struct Together {
    /// A called leg that does not belong to a `<Dial>` any more.
    pub is_free: bool,
    in_room: bool,
    connected: bool,
    /// Counts rooms entered, connections made, and connections lost.
    pub(super) rooms: u32,
    pub(super) talks: u32,
    pub(super) partings: u32,
    /// What the others say and was not heard yet.
    air: Vec<u8>,
    /// What this leg said last.
    said: Option<Vec<u8>>,
    /// Somebody here has no voice of their own, and chats.
    chatter: bool,
}

impl CompanyCall {
    /// Takes part in an exchange: from now on somebody reads the wishes.
    pub(in crate::sim::carrier) const fn attach(&mut self) {
        self.has_exchange = true;
    }

    pub(in crate::sim::carrier) fn take_wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }

    pub(super) fn dial(&mut self, now: Mono, dial: Dial, out: &mut Vec<CompanyOut>) {
        if !self.has_exchange {
            self.violation(now, 0, "a single call cannot dial anybody".to_owned());
            return self.run(now, out);
        }
        let is_room = matches!(dial.whom, Whom::Room(_));
        if is_room || !dial.answer_on_bridge {
            self.pick_up(now);
        }
        let limit = Duration::from_secs(dial.limit_secs.into());
        self.stage = Stage::Together { until: is_room.then(|| now + limit) };
        match &dial.whom {
            Whom::Numbers(numbers) => {
                for number in numbers {
                    self.story_dialling(now, &number.number);
                }
                let ring = Duration::from_secs(dial.timeout_secs.into());
                let (numbers, caller_id) = (numbers.clone(), dial.caller_id.clone());
                self.wishes.push(Wish::Ring { numbers, caller_id, ring });
            }
            Whom::Room(room) => self.wishes.push(Wish::Join(room.clone())),
        }
        self.dial = Some(dial);
    }

    /// In the room; what is heard until it starts is up to `wait`.
    pub(in crate::sim::carrier) fn entered(&mut self, now: Mono, room: &str, wait: Option<&Wait>) {
        self.tell(now, Beat::Entered(room.to_owned()));
        self.together.in_room = true;
        self.together.rooms += 1;
        self.hold = wait.map(|wait| Hold::new(now, wait));
        self.after_entering(now);
    }

    /// Connected with somebody, or not any more. `chatter`: somebody there has no voice of their own.
    pub(in crate::sim::carrier) fn connect_with(&mut self, now: Mono, connected: bool, chatter: bool) {
        self.together.chatter = connected && chatter;
        if self.together.connected == connected || self.ended.is_some() {
            return;
        }
        self.together.connected = connected;
        self.tell(now, if connected { Beat::Connected } else { Beat::Alone });
        if connected {
            self.pick_up(now);
            self.hold = None;
            self.together.talks += 1;
            self.after_connecting(now);
        } else {
            self.together.air.clear();
            self.together.partings += 1;
            self.after_parting(now);
        }
        if let Some(caller) = &mut self.caller {
            caller.connected(connected);
        }
    }

    /// The limit of a `<Dial>` with numbers counts from the connection.
    pub(in crate::sim::carrier) fn limit_talk(&mut self, now: Mono) {
        if let (Stage::Together { until }, Some(dial)) = (&mut self.stage, &self.dial) {
            *until = Some(now + Duration::from_secs(dial.limit_secs.into()));
        }
    }

    /// The `<Dial>` is over: its action, or the next verb.
    pub(in crate::sim::carrier) fn apart(&mut self, now: Mono, apart: &Apart, out: &mut Vec<CompanyOut>) {
        if !matches!(self.stage, Stage::Together { .. }) {
            return;
        }
        let action = self.dial.take().and_then(|dial| dial.action);
        self.part(now);
        let Some(action) = action else { return self.run(now, out) };
        let mut extra = vec![("DialCallStatus".to_owned(), apart.status.to_owned())];
        if let Some((leg, bridged, lasted)) = &apart.child {
            extra.push(("DialBridged".to_owned(), bridged.to_string()));
            extra.push(("DialCallSid".to_owned(), leg.to_string()));
            extra.push(("DialCallDuration".to_owned(), lasted.as_secs().to_string()));
        }
        self.ask_next(now, WebhookKind::Dial, &action, extra);
    }

    /// A called leg whose caller is put elsewhere goes on by itself, as one that the gateway placed.
    pub(in crate::sim::carrier) const fn set_free(&mut self) {
        self.together.is_free = true;
    }

    /// A leg of the exchange's ends for the exchange's reasons.
    pub(in crate::sim::carrier) fn cut(
        &mut self,
        now: Mono,
        by: EndedBy,
        status: &'static str,
        out: &mut Vec<CompanyOut>,
    ) {
        let status = if self.answered_at.is_some() { "completed" } else { status };
        self.end(now, by, status, out);
    }

    /// What this leg said since the last time.
    pub(in crate::sim::carrier) fn take_said(&mut self) -> Option<Vec<u8>> {
        self.together.said.take()
    }

    pub(in crate::sim::carrier) fn overhear(&mut self, said: &[u8]) {
        // Of two who speak at once the later is heard less; nobody judges the mix.
        if self.together.connected && self.tick_at.is_some() && self.together.air.len() + said.len() <= AIR_BYTES_MAX {
            self.together.air.extend_from_slice(said);
        }
    }

    /// Neither listens nor speaks by itself.
    pub(in crate::sim::carrier) const fn is_voiceless(&self) -> bool {
        self.caller.is_none()
    }

    /// Whether what this leg says reaches somebody in the exchange.
    pub(super) const fn is_connected(&self) -> bool {
        self.together.connected
    }

    /// What is heard of the others in 20 ms.
    pub(super) fn hear_others(&mut self, now: Mono, into: &mut Vec<u8>, chat: &[u8]) {
        let air = &mut self.together.air;
        into.extend(air.drain(..air.len().min(chat.len())));
        // A voice that speaks a second and a half out of three.
        if into.is_empty() && self.together.chatter && now.0 % 3_000_000 < 1_500_000 {
            into.extend_from_slice(chat);
        }
    }

    pub(super) fn say_to_others(&mut self, said: Option<&[u8]>) {
        self.together.said = said.filter(|_| self.together.connected).map(<[u8]>::to_vec);
    }

    /// Ends what the exchange has to do with the leg, on the leg's side.
    pub(super) fn part(&mut self, now: Mono) {
        self.hold = None;
        self.connect_with(now, false, false);
        self.together.in_room = false;
        self.stage = Stage::Waiting;
        self.epoch += 1;
    }

    pub(super) const fn is_in_room(&self) -> bool {
        self.together.in_room
    }

    /// A called leg has nothing more to hear: it waits to be connected. False: it is no such leg.
    pub(super) fn waits_for_connection(&mut self) -> bool {
        let is_child = matches!(&self.origin, Origin::Outbound(outbound) if outbound.parent.is_some());
        if !is_child || self.together.is_free || self.together.talks > 0 {
            return false;
        }
        self.stage = Stage::Together { until: None };
        self.wishes.push(Wish::Connect);
        true
    }

    fn story_dialling(&mut self, now: Mono, number: &str) {
        self.tell(now, Beat::Dialling(number.to_owned()));
    }

    pub(super) fn plan_leave(&mut self, now: Mono, after: Duration, check: super::Check) {
        self.later.add(now + after, Later::Leave(check));
    }
}

/// A little more than two frames: who speaks too fast is not heard whole.
const AIR_BYTES_MAX: usize = 480;
