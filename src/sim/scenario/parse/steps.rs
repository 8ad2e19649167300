//! What people and the model do, one step a line.

use crate::sim::scenario::cast::{Answers, Role};
use crate::sim::scenario::parse::{cut, keys, length, name, object};
use crate::sim::scenario::{CallerStep, ModelTurn};

pub(super) fn caller_step(text: &str) -> Result<CallerStep, String> {
    let (word, rest) = cut(text);
    Ok(match word {
        "listen" => CallerStep::Listen { max: length(rest)? },
        "hear" => CallerStep::HearFor(length(rest)?),
        "wait" => CallerStep::Wait(length(rest)?),
        "say" => CallerStep::Say { audio: name(rest)? },
        "tell" => CallerStep::Tell { audio: name(rest)? },
        "meet" => CallerStep::Meet { max: length(rest)? },
        "part" => CallerStep::Part { max: length(rest)? },
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
        _ => return Err(format!("nobody can `{word}`: {STEPS}")),
    })
}

pub(super) fn model_turn(text: &str) -> Result<ModelTurn, String> {
    let (word, rest) = cut(text);
    Ok(match word {
        "say" => ModelTurn { say: Some(name(rest)?), calls: Vec::new() },
        "call" => ModelTurn { say: None, calls: vec![call(text)?] },
        "nothing" if rest.is_empty() => ModelTurn { say: None, calls: Vec::new() },
        _ => return Err(format!("the model cannot `{text}`: say, call, nothing or down")),
    })
}

/// `call TOOL {"its": "arguments"}`.
pub(super) fn call(text: &str) -> Result<(String, String), String> {
    let (word, rest) = cut(text);
    if word != "call" {
        return Err(format!("expected `call`, found `{word}`"));
    }
    let (tool, arguments) = cut(rest);
    Ok((name(tool)?, object(arguments)?))
}

const STEPS: &str = "listen, hear, wait, say, tell, meet, part, press, stay or hang up";

/// How a phone is answered, or the next step of somebody who has answered.
pub(super) fn role_line(role: &mut Role, text: &str) -> Result<(), String> {
    if is_answer(text) {
        role.answers = answers(text)?;
    } else {
        role.steps.push(caller_step(text)?);
    }
    Ok(())
}

fn is_answer(text: &str) -> bool {
    ["answer", "busy", "no", "machine"].contains(&cut(text).0)
}

/// `answer after 2s`, `busy`, `no answer`, `machine CLIP after 2s`.
pub(super) fn answers(text: &str) -> Result<Answers, String> {
    let how = || "say `answer after 2s`, `busy`, `no answer` or `machine CLIP after 2s` first".to_owned();
    match cut(text) {
        ("busy", "") => Ok(Answers::Busy),
        ("no", "answer") => Ok(Answers::Never),
        ("answer", rest) => {
            let after = rest.strip_prefix("after ").ok_or_else(how)?;
            Ok(Answers::After(length(after)?))
        }
        ("machine", rest) => {
            let (audio, after) = rest.split_once(" after ").ok_or_else(how)?;
            Ok(Answers::Machine { audio: name(audio)?, after: length(after)? })
        }
        _ => Err(how()),
    }
}
