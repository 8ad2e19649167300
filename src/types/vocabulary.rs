//! Closed lists of words: phases, speakers, urgencies, outcomes.
//!
//! `as_str` gives the spelling that rows and the API use.

/// Declares a closed list with one stable spelling for each word, both ways.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where a conversation stands.
    Phase {
        Greeting = "greeting",
        Intake = "intake",
        Clarification = "clarification",
        Escalation = "escalation",
        Completed = "completed",
    }
}

words! {
    /// Who said a line. The public API keeps the seed's words: `user` and `agent`.
    Speaker {
        Caller = "user",
        Assistant = "agent",
    }
}

words! {
    Urgency {
        Low = "low",
        Medium = "medium",
        High = "high",
        Emergency = "emergency",
    }
}

words! {
    /// How a call ended. Every call gets exactly one, and it never changes.
    Outcome {
        Completed = "completed",
        CallerHungUp = "caller_hung_up",
        Transferred = "transferred",
        Voicemail = "voicemail",
        Callback = "callback",
        Silent = "silent",
        Limit = "limit",
        Refused = "refused",
        ModelUnavailable = "model_unavailable",
        Busy = "busy",
        NoAnswer = "no_answer",
        Failed = "failed",
        Canceled = "canceled",
        StreamLost = "stream_lost",
        InternalError = "internal_error",
        Lost = "lost",
    }
}

words! {
    /// By which way the caller speaks with the assistant.
    Channel {
        /// A telephone call: a leg, numbers, and the gateway writes every line.
        Phone = "phone",
        /// A session in a browser: its page talks with the model and posts the lines.
        Browser = "browser",
    }
}

words! {
    /// The seed's coarser view of a call.
    Status {
        InProgress = "in_progress",
        Completed = "completed",
        Escalated = "escalated",
        Failed = "failed",
    }
}

impl Outcome {
    pub const fn status(self) -> Status {
        match self {
            Self::Transferred => Status::Escalated,
            Self::Completed | Self::CallerHungUp | Self::Voicemail | Self::Callback | Self::Silent | Self::Limit => {
                Status::Completed
            }
            Self::Refused
            | Self::ModelUnavailable
            | Self::Busy
            | Self::NoAnswer
            | Self::Failed
            | Self::Canceled
            | Self::StreamLost
            | Self::InternalError
            | Self::Lost => Status::Failed,
        }
    }
}

words! {
    /// Why a call ended as it did: one level finer than the outcome, still a closed list.
    Reason {
        /// The assistant used `end_call` and the farewell was played.
        AssistantEnded = "assistant_ended",
        /// Staff ended the call.
        StaffEnded = "staff_ended",
        /// The carrier reported the caller's hang-up.
        CarrierStatus = "carrier_status",
        /// Nobody reported it, but the stream ended and the carrier could not say otherwise.
        Inferred = "inferred",
        /// The caller never spoke or stopped speaking.
        Silence = "silence",
        /// The longest call was reached.
        Duration = "duration",
        /// The model could not be reached, or did not answer in time.
        ModelUnreachable = "model_unreachable",
        /// The model's connection broke or it stopped answering.
        ModelLost = "model_lost",
        /// The model's provider refused us (key, quota, model name).
        ModelRefused = "model_refused",
        /// No stream came after the webhook was answered.
        NoStream = "no_stream",
        /// The stream broke and did not come back.
        StreamBroken = "stream_broken",
        /// The carrier asked what to do with the caller, and got no answer of use in time: the caller heard an apology.
        Unanswered = "unanswered",
        /// Too many calls, of this caller, of the organization or in all.
        Capacity = "capacity",
        /// The organization is closed, and takes no calls then.
        Closed = "closed",
        /// The dialled number belongs to no organization.
        UnknownNumber = "unknown_number",
        /// The gateway was shut down.
        Drained = "drained",
        /// The task of this call failed.
        Panicked = "panicked",
        /// The gateway stopped without ending the call.
        Crashed = "crashed",
        /// An operator and the caller talked, and one of them ended it.
        OperatorTalk = "operator_talk",
        /// Nobody could be reached: the caller left a message.
        MessageLeft = "message_left",
        /// Nobody could be reached: somebody will call back.
        CallbackPromised = "callback_promised",
        /// The called party's answering machine picked up.
        AnsweringMachine = "answering_machine",
        /// Our own rules, or the carrier, did not let the number be called.
        DialRefused = "dial_refused",
        /// The media stream broke a rule of its protocol.
        Protocol = "protocol",
    }
}
