//! Local sentences: what the caller hears when the model cannot, or must not, say it.
//!
//! They are rendered before the build and live in the binary, so a voice is there even when everything else is gone.

use std::sync::Arc;

use crate::types::Mulaw;
use crate::types::vocabulary::words;

words! {
    /// One sentence that the gateway can say by itself.
    Prompt {
        /// The model is late: the first words of a call.
        Hello = "hello",
        /// The model is late in the middle of a call.
        OneMoment = "one_moment",
        /// Nothing heard for a while.
        StillThere = "still_there",
        /// Still nothing.
        StillThereAgain = "still_there_again",
        /// The call ends because nothing was heard.
        SilentGoodbye = "silent_goodbye",
        /// The model is gone for good; the call ends.
        ModelLost = "model_lost",
        /// One minute before the longest call is reached.
        TimeWarning = "time_warning",
        /// The longest call is reached; the call ends.
        TimeUp = "time_up",
        /// The stream broke and is back.
        Reconnected = "reconnected",
        /// The gateway shuts down; the call ends.
        Draining = "draining",
        /// Plain goodbye.
        Goodbye = "goodbye",
        /// Danger to life or safety: said at once, while the dialling begins. An organization may say it its own way.
        Emergency = "emergency",
        /// A person's phone begins to ring.
        Ringing = "ringing",
        /// It still rings, or the next one does.
        StillRinging = "still_ringing",
        /// A person accepted; the caller is moved when this was played.
        Connecting = "connecting",
        /// Nobody was reached, and the assistant cannot say so.
        NobodyFree = "nobody_free",
        /// A callback was noted.
        WillCallBack = "will_call_back",
        /// A person answered and chose to call back in ten minutes.
        OperatorCallsBack = "operator_calls_back",
        /// The person is gone; the assistant goes on.
        BackWithAssistant = "back_with_assistant",
        /// Nobody was reached in an emergency; an urgent callback was noted.
        EmergencyNobody = "emergency_nobody",
        /// After that one, if the targets are rung once more.
        EmergencyStay = "emergency_stay",
        /// Nothing heard for long after an emergency in which nobody was reached; the call goes on.
        EmergencyStillHere = "emergency_still_here",
        /// The caller cannot be understood: which key brings a person.
        PressZero = "press_zero",
        /// A person accepted, but the caller could not be moved.
        TransferFailed = "transfer_failed",
    }
}

/// One rendered sentence.
#[derive(Clone, Debug)]
pub struct Sentence {
    /// What is said, for the transcript.
    pub text: Arc<str>,
    pub audio: Mulaw,
}

/// The sentences of one language, in the order of `Prompt::ALL`.
#[derive(Clone, Debug)]
pub struct Prompts(Arc<[Sentence]>);

impl Prompts {
    /// One sentence for each prompt, or `None` if the number is wrong.
    pub fn new(sentences: Vec<Sentence>) -> Option<Self> {
        (sentences.len() == Prompt::ALL.len()).then(|| Self(sentences.into()))
    }

    pub fn sentence(&self, prompt: Prompt) -> &Sentence {
        &self.0[prompt as usize]
    }
}
