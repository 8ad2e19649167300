//! Reads a scenario: one instruction a line, so that a mistake can be named by its line.
//!
//! ```text
//! # A comment. Lengths are 300ms or 12s.
//! about  What happens, in a sentence.
//! org    {"greeting": "Hello."}
//! caller listen 15s | hear 800ms | wait 2s | say CLIP | hang up | hang up in CLIP after 700ms | press 12# | stay 30s
//! caller meet 40s | tell CLIP | part 20s
//! operator TARGET answer after 2s | busy | no answer | machine CLIP after 2s
//! operator TARGET listen 15s | press 1 | meet 20s | say CLIP | hang up ...
//! outbound +15550100177 {"basis": "why the party may be called"}
//! callee answer after 2s ...
//! model  say CLIP | call TOOL {"its": "arguments"} | nothing | down
//! and    call TOOL {}
//! expect outcome WORD | reason WORD | line user|agent TEXT | once user|agent TEXT | barge-ins N
//! expect intake completed|open | escalation STATE ... | attempts TARGET:STATE ... | bridged 8s
//! expect callback [TARGET] | voicemail | hears TARGET|caller|callee TEXT
//! ```
//!
//! Each `model` line is one response; `and` adds a tool call to the response before it. Several `org` lines are one
//! object. `meet` and `part` wait for a person on the other end, `tell` speaks to that person. An operator or callee
//! first says how the phone is answered, then does the same as a caller.

mod expect;
mod steps;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::sim::scenario::cast::{Answers, Outbound, Role};
use crate::sim::scenario::{Expect, Scenario};

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
            operators: Vec::new(),
            outbound: None,
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
        scenario.is_whole().map_err(|problem| ScenarioError { line: 0, problem })?;
        Ok(scenario)
    }

    fn is_whole(&self) -> Result<(), String> {
        match (&self.outbound, self.caller.is_empty()) {
            (None, true) => return Err("the caller does nothing".to_owned()),
            (Some(_), false) => return Err("either somebody calls, or somebody is called".to_owned()),
            (None, false) | (Some(_), true) => {}
        }
        match self.operators.iter().find(|role| self.number_of(&role.name).is_none()) {
            Some(role) => Err(format!("`{}` is no target of the organization", role.name)),
            None => Ok(()),
        }
    }

    fn read_line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = cut(line);
        match word {
            "about" => self.about = rest.to_owned(),
            "org" => self.org = merged(&self.org, rest)?,
            "caller" => self.caller.push(steps::caller_step(rest)?),
            "operator" => {
                let (who, rest) = cut(rest);
                self.operator(&name(who)?, rest)?;
            }
            "outbound" => self.outbound = Some(outbound(rest)?),
            "callee" => match &mut self.outbound {
                Some((_, callee)) => steps::role_line(callee, rest)?,
                None => return Err("`callee` needs an `outbound` line before it".to_owned()),
            },
            "model" if rest == "down" => self.model_down = true,
            "model" => self.model.push(steps::model_turn(rest)?),
            "and" => {
                let turn = self.model.last_mut().ok_or("`and` needs a `model` line before it")?;
                turn.calls.push(steps::call(rest)?);
            }
            "expect" => self.expect.read(rest)?,
            _ => {
                let known = "about, org, caller, operator, outbound, callee, model, and, expect";
                return Err(format!("`{word}` is none of {known}"));
            }
        }
        Ok(())
    }

    /// The first line of an operator says how the phone is answered.
    fn operator(&mut self, who: &str, rest: &str) -> Result<(), String> {
        match self.operators.iter_mut().find(|role| role.name == who) {
            Some(role) => steps::role_line(role, rest),
            None => {
                let answers = steps::answers(rest)?;
                self.operators.push(Role { name: who.to_owned(), answers, steps: Vec::new() });
                Ok(())
            }
        }
    }
}

/// `+15550100177 {"basis": "..."}`: who is called, and why that is allowed. The callee's first line says the rest.
fn outbound(text: &str) -> Result<(Outbound, Role), String> {
    let (to, rest) = cut(text);
    let order: Value = serde_json::from_str(rest).map_err(|problem| format!("not JSON: {problem}"))?;
    let basis = order["basis"].as_str().ok_or("a `basis` in text is missing")?;
    let callee = Role { name: "callee".to_owned(), answers: Answers::Never, steps: Vec::new() };
    Ok((Outbound { to: to.to_owned(), basis: basis.to_owned() }, callee))
}

/// Two objects as one: keys of the later one count.
fn merged(before: &str, text: &str) -> Result<String, String> {
    if before == "{}" {
        return object(text);
    }
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).map_err(|problem| problem.to_string());
    let mut all = read(before)?;
    all.extend(read(&object(text)?)?);
    Ok(Value::Object(all).to_string())
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
