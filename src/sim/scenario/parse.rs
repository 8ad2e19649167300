//! Reads a scenario: one instruction a line, so that a mistake can be named by its line.
//!
//! ```text
//! # A comment. Lengths are 300ms or 12s.
//! about  What happens, in a sentence.
//! org    {"greeting": "Hello."}
//! caller listen 15s | hear 800ms | wait 2s | say CLIP | hang up | hang up in CLIP after 700ms | press 12# | stay 30s
//! model  say CLIP | call TOOL {"its": "arguments"} | nothing | down
//! and    call TOOL {}
//! expect outcome WORD | reason WORD | line user|agent TEXT | barge-ins N | intake completed|open
//! ```
//!
//! Each `model` line is one response; `and` adds a tool call to the response before it.

use std::time::Duration;

use serde_json::Value;

use crate::sim::scenario::{CallerStep, Expect, ModelTurn, Scenario};
use crate::types::{Outcome, Reason, Speaker};

/// What is wrong with a scenario, and where.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct ScenarioError {
    /// Counted from 1; 0: the file as a whole.
    pub line: usize,
    pub problem: String,
}

impl Scenario {
    /// Reads the text of `<name>.call`.
    ///
    /// # Errors
    /// The first line that cannot be understood.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let mut scenario = Self {
            name: name.to_owned(),
            about: String::new(),
            org: "{}".to_owned(),
            caller: Vec::new(),
            model: Vec::new(),
            model_down: false,
            expect: Expect::default(),
        };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            scenario.read_line(line).map_err(|problem| ScenarioError { line: number + 1, problem })?;
        }
        if scenario.caller.is_empty() {
            return Err(ScenarioError { line: 0, problem: "the caller does nothing".to_owned() });
        }
        Ok(scenario)
    }

    fn read_line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = cut(line);
        match word {
            "about" => self.about = rest.to_owned(),
            "org" => self.org = object(rest)?,
            "caller" => self.caller.push(caller_step(rest)?),
            "model" if rest == "down" => self.model_down = true,
            "model" => self.model.push(model_turn(rest)?),
            "and" => {
                let turn = self.model.last_mut().ok_or("`and` needs a `model` line before it")?;
                turn.calls.push(call(rest)?);
            }
            "expect" => self.read_expectation(rest)?,
            _ => return Err(format!("`{word}` is none of about, org, caller, model, and, expect")),
        }
        Ok(())
    }

    fn read_expectation(&mut self, rest: &str) -> Result<(), String> {
        let (word, rest) = cut(rest);
        match word {
            "outcome" => {
                let outcome = Outcome::parse(rest).ok_or_else(|| format!("`{rest}` is no outcome"))?;
                self.expect.outcome = Some(outcome.to_string());
            }
            "reason" => {
                let reason = Reason::parse(rest).ok_or_else(|| format!("`{rest}` is no reason"))?;
                self.expect.reason = Some(reason.to_string());
            }
            "line" => {
                let (who, text) = cut(rest);
                let who = Speaker::parse(who).ok_or_else(|| format!("`{who}` is neither user nor agent"))?;
                if text.is_empty() {
                    return Err("a part of the text is missing".to_owned());
                }
                self.expect.lines.push((who.to_string(), text.to_owned()));
            }
            "barge-ins" => {
                let count = rest.parse().map_err(|_| format!("`{rest}` is no number"))?;
                self.expect.barge_ins = Some(count);
            }
            "intake" => match rest {
                "completed" => self.expect.intake_completed = Some(true),
                "open" => self.expect.intake_completed = Some(false),
                _ => return Err(format!("`{rest}` is neither completed nor open")),
            },
            _ => return Err(format!("`{word}` is none of outcome, reason, line, barge-ins, intake")),
        }
        Ok(())
    }
}

fn caller_step(text: &str) -> Result<CallerStep, String> {
    let (word, rest) = cut(text);
    Ok(match word {
        "listen" => CallerStep::Listen { max: length(rest)? },
        "hear" => CallerStep::HearFor(length(rest)?),
        "wait" => CallerStep::Wait(length(rest)?),
        "say" => CallerStep::Say { audio: name(rest)? },
        "press" => CallerStep::Press(keys(rest)?),
        "stay" => CallerStep::Stay { max: length(rest)? },
        "hang" if rest == "up" => CallerStep::HangUp,
        "hang" => {
            let (audio, after) = rest
                .strip_prefix("up in ")
                .and_then(|rest| rest.split_once(" after "))
                .ok_or("say `hang up` or `hang up in CLIP after 700ms`")?;
            CallerStep::HangUpDuring { audio: name(audio)?, after: length(after)? }
        }
        _ => return Err(format!("the caller cannot `{word}`: listen, hear, wait, say, press, stay or hang up")),
    })
}

fn model_turn(text: &str) -> Result<ModelTurn, String> {
    let (word, rest) = cut(text);
    Ok(match word {
        "say" => ModelTurn { say: Some(name(rest)?), calls: Vec::new() },
        "call" => ModelTurn { say: None, calls: vec![call(text)?] },
        "nothing" if rest.is_empty() => ModelTurn { say: None, calls: Vec::new() },
        _ => return Err(format!("the model cannot `{text}`: say, call, nothing or down")),
    })
}

/// `call TOOL {"its": "arguments"}`.
fn call(text: &str) -> Result<(String, String), String> {
    let (word, rest) = cut(text);
    if word != "call" {
        return Err(format!("expected `call`, found `{word}`"));
    }
    let (tool, arguments) = cut(rest);
    Ok((name(tool)?, object(arguments)?))
}

fn object(text: &str) -> Result<String, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(_)) => Ok(text.to_owned()),
        Ok(_) => Err("expected a JSON object".to_owned()),
        Err(problem) => Err(format!("not JSON: {problem}")),
    }
}

/// A clip or tool: `a-z 0-9 - _`.
fn name(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if text.is_empty() || !text.chars().all(legal) {
        return Err(format!("`{text}` is no name"));
    }
    Ok(text.to_owned())
}

fn keys(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_digit() || "*#ABCD".contains(c);
    if text.is_empty() || !text.chars().all(legal) {
        return Err(format!("`{text}` are no keys of a phone"));
    }
    Ok(text.to_owned())
}

/// `700ms` or `15s`.
fn length(text: &str) -> Result<Duration, String> {
    let bad = || format!("`{text}` is no length such as 700ms or 15s");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| bad())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        _ => Err(bad()),
    }
}

/// The first word, and what follows it.
fn cut(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

#[cfg(test)]
mod tests;
