//! Callbacks about rooms: told to whom the first participant named, in any order, perhaps twice, perhaps never.
//!
//! Nothing depends on their answers.

use std::time::Duration;

use crate::sim::carrier::company::{CompanyOut, WebhookId};
use crate::sim::carrier::exchange::{Exchange, ExchangeOut, LegNo};
use crate::sim::carrier::knobs::hit;
use crate::types::Mono;

#[derive(Clone)]
pub(super) struct RoomPost {
    url: String,
    pairs: Vec<(String, String)>,
}

impl Exchange {
    /// Tells one of `start`, `end`, `join`, `leave`, if it is subscribed.
    pub(super) fn tell_room(
        &mut self,
        now: Mono,
        index: usize,
        event: &str,
        who: Option<LegNo>,
        extra: &[(&str, String)],
    ) {
        let room = &mut self.rooms[index];
        let sequence = room.sequence;
        room.sequence += 1;
        let Some(url) = room.callback.url.clone() else { return };
        if !room.callback.events.iter().any(|name| name == event) {
            return;
        }
        let full = match event {
            "start" => "conference-start",
            "end" => "conference-end",
            "join" => "participant-join",
            _ => "participant-leave",
        };
        let room = &self.rooms[index];
        let mut pairs = vec![
            ("AccountSid".to_owned(), self.company.account.to_string()),
            ("ConferenceSid".to_owned(), room.sid.clone()),
            ("FriendlyName".to_owned(), room.name.clone()),
            ("StatusCallbackEvent".to_owned(), full.to_owned()),
            ("SequenceNumber".to_owned(), sequence.to_string()),
            ("Timestamp".to_owned(), self.rfc2822(now)),
        ];
        let member = who.and_then(|who| room.members.iter().find(|member| member.leg == who));
        if let Some(member) = member {
            pairs.push(("CallSid".to_owned(), self.legs[member.leg.0 as usize].leg().to_string()));
            if let Some(label) = &member.noun.label {
                pairs.push(("ParticipantLabel".to_owned(), label.clone()));
            }
            for (name, value) in [
                ("Muted", member.noun.muted),
                ("Hold", false),
                ("Coaching", false),
                ("StartConferenceOnEnter", member.noun.start_on_enter),
                ("EndConferenceOnExit", member.noun.end_on_exit),
            ] {
                pairs.push((name.to_owned(), value.to_string()));
            }
        }
        pairs.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.post(now, &RoomPost { url, pairs });
    }

    pub(super) fn advance_callbacks(&mut self, now: Mono, out: &mut Vec<ExchangeOut>) {
        while let Some((at, post)) = self.posts.pop_due(now) {
            let id = WebhookId(self.next_webhook);
            self.next_webhook += 1;
            self.pending.insert(id, at + ANSWER_WAIT);
            out.push((LegNo::COMPANY, CompanyOut::Webhook { id, url: post.url, pairs: post.pairs }));
        }
        let late = self.pending.extract_if(.., |_, deadline| *deadline <= now).count();
        if late > 0 {
            self.violation(now, 11200, "a callback about a room was not answered in 15 s");
        }
    }

    /// `None`: nobody answered, which is no breach of a protocol.
    pub(super) fn callback_answered(&mut self, now: Mono, id: WebhookId, status: Option<u16>) {
        let is_ours = self.pending.remove(&id).is_some();
        if let Some(status) = status.filter(|status| is_ours && !(200..300).contains(status)) {
            self.violation(now, 11200, format!("a callback about a room was answered {status}"));
        }
    }

    fn post(&mut self, now: Mono, post: &RoomPost) {
        let config = self.config.clone();
        let knobs = &config.knobs;
        if hit(&mut self.rng, knobs.lose_callbacks) {
            return;
        }
        let times = if hit(&mut self.rng, knobs.duplicate_callbacks) { 2 } else { 1 };
        for _ in 0..times {
            let after = knobs.callback.draw(&mut self.rng);
            self.posts.add(now + after, post.clone());
        }
    }
}

const ANSWER_WAIT: Duration = Duration::from_secs(15);
