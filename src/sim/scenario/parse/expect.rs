//! What must be true at the end, one fact a line.

use crate::sim::scenario::Expect;
use crate::sim::scenario::parse::{cut, length, name};
use crate::types::{AttemptState, EscalationState, Outcome, Reason, Speaker, TargetId};

impl Expect {
    pub(super) fn read(&mut self, text: &str) -> Result<(), String> {
        let (word, rest) = cut(text);
        match word {
            "outcome" => {
                let outcome = Outcome::parse(rest).ok_or_else(|| format!("`{rest}` is no outcome"))?;
                self.outcome = Some(outcome.to_string());
            }
            "reason" => {
                let reason = Reason::parse(rest).ok_or_else(|| format!("`{rest}` is no reason"))?;
                self.reason = Some(reason.to_string());
            }
            "line" => self.lines.push(line(rest)?),
            "once" => self.once.push(line(rest)?),
            "barge-ins" => {
                let count = rest.parse().map_err(|_| format!("`{rest}` is no number"))?;
                self.barge_ins = Some(count);
            }
            "intake" => match rest {
                "completed" => self.intake_completed = Some(true),
                "open" => self.intake_completed = Some(false),
                _ => return Err(format!("`{rest}` is neither completed nor open")),
            },
            "escalation" => self.escalation = Some(states(rest)?),
            "attempts" => self.attempts = Some(attempts(rest)?),
            "bridged" => self.bridged = Some(length(rest)?),
            "callback" if rest.is_empty() => self.callback = Some(None),
            "callback" => self.callback = Some(Some(name(rest)?)),
            "voicemail" if rest.is_empty() => self.voicemail = true,
            "hears" => {
                let (who, text) = cut(rest);
                self.hears.push((name(who)?, part(text)?));
            }
            _ => return Err(format!("`{word}` is none of {KNOWN}")),
        }
        Ok(())
    }
}

const KNOWN: &str = "outcome, reason, line, once, barge-ins, intake, escalation, attempts, bridged, callback, \
                     voicemail, hears";

fn line(text: &str) -> Result<(String, String), String> {
    let (who, text) = cut(text);
    let who = Speaker::parse(who).ok_or_else(|| format!("`{who}` is neither user nor agent"))?;
    Ok((who.to_string(), part(text)?))
}

fn part(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("a part of the text is missing".to_owned()) } else { Ok(text.to_owned()) }
}

/// `returned callback`: one for each escalation.
fn states(text: &str) -> Result<String, String> {
    let wrong = |word: &&str| EscalationState::parse(word).is_none();
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.iter().find(|word| wrong(word)) {
        Some(word) => Err(format!("`{word}` is no state of an escalation")),
        None if words.is_empty() => Err("a state is missing".to_owned()),
        None => Ok(words.join(" ")),
    }
}

/// `doctor:declined desk:done`: one for each phone that was rung.
fn attempts(text: &str) -> Result<String, String> {
    let right = |word: &&str| {
        let Some((target, state)) = word.split_once(':') else { return false };
        target.parse::<TargetId>().is_ok() && AttemptState::parse(state).is_some()
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.iter().find(|word| !right(word)) {
        Some(word) => Err(format!("`{word}` is no target with a state, such as doctor:declined")),
        None => Ok(words.join(" ")),
    }
}
