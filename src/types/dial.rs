//! Why a phone was not rung: by our own rules, by the carrier, or because nobody could be asked.
//!
//! What would keep every other phone from ringing as well is told apart from what concerns this one, so that a list of
//! phones is never used up by a fault that they share.

use crate::types::vocabulary::words;

words! {
    /// Why a dial was not done.
    NotDialled {
        /// The carrier refuses this dial; its code tells why.
        Carrier = "carrier",
        /// The organization has outbound calls switched off.
        Disabled = "disabled",
        /// No target of the organization has this name.
        UnknownTarget = "unknown_target",
        /// No prefix of the organization's allow-list covers the number.
        NotListed = "not_listed",
        /// Premium, satellite, special or emergency numbers.
        Barred = "barred",
        /// The installation does not call this country.
        Country = "country",
        /// One of our own numbers: the call would ring at our own door.
        Ours = "ours",
        /// The number of the very party who is on the phone.
        Caller = "caller",
        /// The call has no number of ours that could be shown.
        NoNumber = "no_number",
        /// There are no credentials.
        NotConfigured = "not_configured",
        /// The carrier refuses our credentials, or our account.
        Unauthorized = "unauthorized",
        /// There is no connection to the carrier.
        Unreachable = "unreachable",
        /// The carrier limits how often we ask.
        Limited = "limited",
        /// Our own limits: the organization's dials within a minute.
        MinuteFull = "minute_full",
        /// The organization's dials within a day.
        DayFull = "day_full",
        /// What one caller may use of that day.
        CallerFull = "caller_full",
        /// All organizations' dials within a minute.
        AllFull = "all_full",
        /// All organizations' dials within a day.
        InstallationFull = "installation_full",
        /// The dials for emergencies of this call, or of this caller.
        EmergencyFull = "emergency_full",
        /// The intent did not reach the disk.
        NoReceipt = "no_receipt",
    }
}

impl NotDialled {
    /// Whether it may be over within the time that a caller waits.
    pub const fn passes(self) -> bool {
        self.is_common() && !matches!(self, Self::DayFull | Self::CallerFull | Self::InstallationFull)
    }

    /// It concerns every phone alike, and may be over in a moment: no phone is to be given up for it.
    pub const fn is_common(self) -> bool {
        match self {
            Self::Unauthorized
            | Self::Unreachable
            | Self::Limited
            | Self::MinuteFull
            | Self::DayFull
            | Self::CallerFull
            | Self::AllFull
            | Self::InstallationFull
            | Self::EmergencyFull
            | Self::NoReceipt => true,
            Self::Carrier
            | Self::Disabled
            | Self::UnknownTarget
            | Self::NotListed
            | Self::Barred
            | Self::Country
            | Self::Ours
            | Self::Caller
            | Self::NoNumber
            | Self::NotConfigured => false,
        }
    }
}

/// Why a dial was not done, with the carrier's code if it gave one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DialFault {
    pub why: NotDialled,
    pub code: Option<u32>,
}

impl From<NotDialled> for DialFault {
    fn from(why: NotDialled) -> Self {
        Self { why, code: None }
    }
}
