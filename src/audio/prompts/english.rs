//! The local sentences in English: the language that every unknown one falls back to.
//!
//! Words and sound are as in `fixtures/audio/manifest.toml`; a test compares them.

use super::Said;
use crate::types::Prompt;

pub(super) const fn said(prompt: Prompt) -> Said {
    macro_rules! audio {
        ($name:literal) => {
            include_bytes!(concat!("../../../fixtures/audio/prompts/en/", $name, ".ulaw"))
        };
    }
    match prompt {
        Prompt::Hello => ("Hello, and thank you for calling. One moment, please.", audio!("hello")),
        Prompt::OneMoment => ("One moment, please.", audio!("one_moment")),
        Prompt::StillThere => ("Are you still there?", audio!("still_there")),
        Prompt::StillThereAgain => {
            ("I can't hear you. Please say something, or press any key.", audio!("still_there_again"))
        }
        Prompt::SilentGoodbye => (
            "I still can't hear you, so I will end this call now. Please call again. Goodbye.",
            audio!("silent_goodbye"),
        ),
        Prompt::ModelLost => (
            "I am sorry. I have a technical problem and can't go on. Please call again in a few minutes. Goodbye.",
            audio!("model_lost"),
        ),
        Prompt::TimeWarning => ("We have one minute left.", audio!("time_warning")),
        Prompt::TimeUp => ("We have reached the end of our time. Please call again. Goodbye.", audio!("time_up")),
        Prompt::Reconnected => ("Sorry, the connection was lost for a moment. Please go on.", audio!("reconnected")),
        Prompt::Draining => (
            "I am sorry, we have to end this call now. In an emergency, call the emergency number. \
             If not, please call again in a moment. Goodbye.",
            audio!("draining"),
        ),
        Prompt::Goodbye => ("Thank you for calling. Goodbye.", audio!("goodbye")),
        Prompt::Emergency => (
            "If anyone is in danger, please hang up and call the emergency number now. \
             If you cannot, stay on the line. I am calling a person for you.",
            audio!("emergency"),
        ),
        Prompt::Ringing => ("I am calling someone for you now. Please stay on the line.", audio!("ringing")),
        Prompt::StillRinging => ("I am still trying to reach someone. Thank you for waiting.", audio!("still_ringing")),
        Prompt::Connecting => ("I am connecting you now.", audio!("connecting")),
        Prompt::NobodyFree => ("I am sorry, nobody can take your call at this moment.", audio!("nobody_free")),
        Prompt::WillCallBack => ("Someone will call you back as soon as possible.", audio!("will_call_back")),
        Prompt::OperatorCallsBack => (
            "The person I reached cannot talk right now, and will call you back in about ten minutes.",
            audio!("operator_calls_back"),
        ),
        Prompt::BackWithAssistant => ("You are back with the assistant.", audio!("back_with_assistant")),
        Prompt::EmergencyNobody => (
            "I could not reach anyone. \
             If anyone is in danger, please hang up and call the emergency number now. \
             Someone will call you back urgently.",
            audio!("emergency_nobody"),
        ),
        Prompt::EmergencyStay => (
            "Please stay on the line if you can. In a moment I will try again to reach someone for you.",
            audio!("emergency_stay"),
        ),
        Prompt::EmergencyStillHere => (
            "I am still here, and the line stays open. Say something or press any key if you can.",
            audio!("emergency_still_here"),
        ),
        Prompt::PressZero => {
            ("I have trouble hearing you. If you need a person, please press zero.", audio!("press_zero"))
        }
        Prompt::TransferFailed => ("I am sorry, I could not connect you.", audio!("transfer_failed")),
    }
}
