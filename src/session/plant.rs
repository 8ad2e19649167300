//! Planted bugs, chosen at run time: each breaks one invariant, and the simulation must find it.
//!
//! They exist only with the feature `plant`, which tests turn on; they show that a green simulation means something.

#[cfg(feature = "plant")]
use crate::types::vocabulary::words;

#[cfg(feature = "plant")]
words! {
    /// One bug. Most are in the core; `keeps_connections`, `dials_what_is_said` and the two before the last are in the
    /// simulated shell, the last is in the real one.
    Plant {
        /// A lost stream sets no timer: a call that nobody reports never ends.
        ForgetsDetach = "forgets_detach",
        /// A status after the end writes a second outcome.
        LateStatusReopens = "late_status_reopens",
        /// The line of a local sentence that is cut is not written.
        LosesLine = "loses_line",
        /// The transcript says that everything received was heard.
        ClaimsAllHeard = "claims_all_heard",
        /// Late audio of a cancelled response is played.
        PlaysCutSound = "plays_cut_sound",
        /// Six seconds are sent ahead.
        SendsTooFar = "sends_too_far",
        /// A mark that is a second late is taken for lost, and changes nothing when it comes.
        ForgetsLateMarks = "forgets_late_marks",
        /// A response that the server cut is left as it is.
        LeavesItCut = "leaves_it_cut",
        /// Words that do not come are nobody's business.
        DeafInSilence = "deaf_in_silence",
        /// A refused setting costs the call its assistant.
        InsistsOnSettings = "insists_on_settings",
        /// A key that stops the assistant sends an empty frame.
        SendsEmptyFrame = "sends_empty_frame",
        /// A late answer is not bridged.
        NoFiller = "no_filler",
        /// A create does not wait for the one before.
        AsksTwice = "asks_twice",
        /// A tool call that is reported twice is answered twice.
        AnswersTwice = "answers_twice",
        /// Truncation is not held to what was received.
        TruncatesTooFar = "truncates_too_far",
        /// A phone is rung before its intent is on disk.
        DialsBeforeCommit = "dials_before_commit",
        /// A fault that all phones share uses up one of them.
        BurnsList = "burns_list",
        /// Emergencies use the dials of everything else.
        SharesBudget = "shares_budget",
        /// A dial without an answer is repeated.
        DialsAgain = "dials_again",
        /// An operator whose attempt is over is left ringing.
        ForgetsOperator = "forgets_operator",
        /// The caller is gone, and the operator is left in the room.
        LeavesOperatorAlone = "leaves_operator_alone",
        /// The operator is gone, and nobody fetches the caller.
        LeavesCallerAlone = "leaves_caller_alone",
        /// Detection says that a machine picked up, and a missing key counts as a yes.
        BridgesMachines = "bridges_machines",
        /// Nothing is said in an emergency.
        SwallowsEmergency = "swallows_emergency",
        /// An emergency in which nobody was reached leaves no task.
        ForgetsEmergency = "forgets_emergency",
        /// A briefing may be as long as the model likes.
        BriefsWithoutEnd = "briefs_without_end",
        /// When nobody is left, nothing happens.
        GivesNoAnswer = "gives_no_answer",
        /// A timer whose time has come is set to a later one by the step before it fires.
        PushesTimersAway = "pushes_timers_away",
        /// After an emergency in which nobody was reached, silence ends the call.
        HangsUpInEmergency = "hangs_up_in_emergency",
        /// A shutdown ends a call whose emergency still rings.
        DrainEndsEmergency = "drain_ends_emergency",
        /// Nothing is said while a phone rings and rings.
        NeverReassures = "never_reassures",
        /// Targets that were to be rung later stay written down as such.
        LeavesIntents = "leaves_intents",
        /// A request that says that the stream is gone is believed, although the stream is there.
        TrustsReplays = "trusts_replays",
        /// A redirect does not wait for the answer to the one before.
        MovesTwice = "moves_twice",
        /// A phone is rung again while it still rings for an earlier process.
        RingsTwice = "rings_twice",
        /// Whoever's end is told first counts as the one who left.
        ForgetsTalk = "forgets_talk",
        /// The model's connection outlives the call.
        KeepsModel = "keeps_model",
        /// A connection to the carrier that has swallowed a request is used for the next one, too.
        KeepsConnections = "keeps_connections",
        /// A number that the caller names is dialled.
        DialsWhatIsSaid = "dials_what_is_said",
        /// The journal acknowledges what it has only queued.
        AcknowledgesEarly = "acknowledges_early",
        /// A line is cut at a byte, as if every letter were one.
        CutsBytes = "cuts_bytes",
        /// The rules of the safety net panic at whatever they hear.
        RulesPanic = "rules_panic",
        /// Something random that no seed decides.
        NotRepeatable = "not_repeatable",
        /// All calls share one buffer for what goes to the model.
        SharesBuffer = "shares_buffer",
    }
}

/// Names a planted bug where it is planted; without the feature the answer is a constant no.
macro_rules! planted {
    ($policy:expr, $plant:ident) => {{
        #[cfg(feature = "plant")]
        {
            $policy.plant == Some($crate::session::plant::Plant::$plant)
        }
        #[cfg(not(feature = "plant"))]
        {
            let _ = &$policy;
            false
        }
    }};
}
pub(crate) use planted;
