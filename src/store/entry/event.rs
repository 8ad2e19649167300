//! Events as entries of the timeline: a name and a JSON object.
//!
//! Details hold numbers and words of closed lists, never what people said.

use serde_json::{Value, json};

use crate::session::effect::Event;
use crate::store::entry::storable;
use crate::types::TargetId;

/// Read again when a call is taken up.
pub(crate) const TAKE_OVER: &str = "take_over";

/// The timeline's name of an event, and what is worth knowing about it.
pub(super) fn describe(event: &Event) -> (&'static str, Value) {
    match event {
        Event::StreamAttached { stream, resumed } => {
            ("stream_attached", json!({"stream": stream.as_str(), "resumed": resumed}))
        }
        Event::StreamDetached { cause } => ("stream_detached", json!({"cause": cause})),
        Event::ModelReady { after } => ("model_ready", json!({"after_ms": after.0})),
        Event::ModelFault { code } => ("model_fault", json!({"code": storable(code)})),
        Event::ModelLost { cause } => ("model_lost", json!({"cause": cause})),
        Event::BargeIn { item, heard, received } => {
            let item = storable(item.as_str());
            ("barge_in", json!({"item": item, "heard_ms": heard.0, "received_ms": received.0}))
        }
        Event::Answered { latency } => ("answered", json!({"latency_ms": latency.0})),
        Event::LocalSentence { prompt } => ("local_sentence", json!({"prompt": prompt.as_str()})),
        Event::ToolUsed { name, accepted } => ("tool_used", json!({"name": storable(name), "accepted": accepted})),
        Event::KeysPressed { count } => ("keys_pressed", json!({"count": count})),
        Event::Silence { step } => ("silence", json!({"step": step})),
        Event::TimeWarning => ("time_warning", json!({})),
        Event::PlayoutOverflow { dropped } => ("playout_overflow", json!({"dropped_ms": dropped.0})),
        Event::LegStatus { status } => ("leg_status", json!({"status": status})),
        Event::ResponseFailed { code } => ("response_failed", json!({"code": storable(code)})),
        Event::ResponseCut { reason, asked } => {
            ("response_cut", json!({"reason": storable(reason), "asked_to_go_on": asked}))
        }
        Event::ToolCut { name } => ("tool_cut", json!({"name": storable(name)})),
        Event::NotTranscribed { code } => ("not_transcribed", json!({"code": storable(code)})),
        Event::SettingRefused { field } => ("setting_refused", json!({"field": storable(field)})),
        Event::Committed { after } => ("committed", json!({"after_ms": after.0})),
        Event::Alarm { alarm, rule, speaker } => {
            ("alarm", json!({"alarm": alarm, "rule": rule, "speaker": speaker.as_str()}))
        }
        Event::AlarmDoubted { alarm, rule, why } => {
            ("alarm_doubted", json!({"alarm": alarm, "rule": rule, "why": why}))
        }
        Event::PartFailed { part } => ("part_failed", json!({"part": part.as_str()})),
        Event::EscalationJoined { cause, urgency } => {
            ("escalation_joined", json!({"cause": cause.as_str(), "urgency": urgency.as_str()}))
        }
        Event::OperatorKey { attempt, key } => ("operator_key", json!({"attempt": attempt, "key": key.to_string()})),
        Event::RungUnrecorded { attempt } => ("rung_unrecorded", json!({"attempt": attempt})),
        Event::CallerDials { escalation, fault } => {
            ("caller_dials", json!({"escalation": escalation, "why": fault.why.as_str(), "code": fault.code}))
        }
        Event::NobodyToRing(why) => ("nobody_to_ring", json!({"why": why})),
        Event::Moved { to, worked } => ("moved", json!({"to": to, "worked": worked})),
        Event::TakenUp => ("taken_up", json!({})),
        Event::PickedUp { by } => ("picked_up", json!({"by": by.as_str()})),
        Event::TakeOver { escalation, target } => {
            (TAKE_OVER, json!({"escalation": escalation, "target": target.as_ref().map(TargetId::as_str)}))
        }
        Event::EndCalledOff { by } => ("end_called_off", json!({"by": by})),
        Event::LineKept { again } => ("line_kept", json!({"again": again})),
        Event::HandedOn => ("handed_on", json!({})),
        Event::StaffSaid => ("staff_said", json!({})),
        Event::CommandIgnored { command, why } => ("command_ignored", json!({"command": command, "why": why.as_str()})),
    }
}
