//! The arguments of each command. Ids and numbers are parsed here, so a typo is a usage error (exit code 2).

use clap::{Args, Subcommand, ValueEnum};

use crate::types::org::AudioFormat;
use crate::types::{OrgId, PhoneNumber};

#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {}

#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// The scripted call to play
    #[arg(long, value_name = "NAME", default_value = "new-appointment")]
    pub scenario: String,
    /// List the scenarios and exit
    #[arg(long)]
    pub list: bool,
    /// Print one JSON object at the end instead of the conversation
    #[arg(long)]
    pub json: bool,
    /// Audio format between gateway and model [default: the scenario's]
    #[arg(long, value_enum)]
    pub format: Option<AudioChoice>,
}

#[derive(Args, Clone, Debug)]
pub struct BenchArgs {
    /// Calls at once; several numbers, comma separated, are measured one after the other
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "10,50,100,200",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub calls: Vec<u32>,
    /// Audio format between gateway and model [default: both, one after the other]
    #[arg(long, value_enum)]
    pub format: Option<AudioChoice>,
    /// Seconds of audio in each call
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// Measure instead how soon a person is rung after the words of an emergency, in this many calls
    #[arg(long, value_name = "N", conflicts_with_all = ["calls", "format", "seconds"],
          value_parser = clap::value_parser!(u32).range(1..=60))]
    pub transfer: Option<u32>,
    /// Print one JSON object for each measurement
    #[arg(long)]
    pub json: bool,
}

impl BenchArgs {
    /// The formats to measure.
    pub fn formats(&self) -> Vec<AudioFormat> {
        self.format.map_or_else(|| AudioFormat::ALL.to_vec(), |format| vec![format.into()])
    }
}

/// `AudioFormat` as an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum AudioChoice {
    /// 16-bit PCM at 24 kHz, transcoded
    Pcm,
    /// G.711 mu-law at 8 kHz, passed through
    Pcmu,
}

impl From<AudioChoice> for AudioFormat {
    fn from(choice: AudioChoice) -> Self {
        match choice {
            AudioChoice::Pcm => Self::Pcm,
            AudioChoice::Pcmu => Self::Pcmu,
        }
    }
}

#[derive(Subcommand, Clone, Debug)]
pub enum OrgCommand {
    /// Create an organization; an existing one is left as it is
    Add(OrgAddArgs),
    /// List the organizations
    List(OrgListArgs),
    /// Print an organization's settings as JSON
    Show {
        /// The organization's id
        org: OrgId,
    },
    /// Numbers that organizations own
    #[command(subcommand)]
    Number(NumberCommand),
}

#[derive(Args, Clone, Debug)]
pub struct OrgAddArgs {
    /// Its id: 1 to 64 of a-z 0-9 - _
    pub org: OrgId,
    /// Its name, as the assistant says it
    #[arg(long)]
    pub name: String,
}

#[derive(Args, Clone, Debug, Default)]
pub struct OrgListArgs {
    /// Print a JSON array
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand, Clone, Debug)]
pub enum NumberCommand {
    /// Give a number to an organization, taking it from its former owner
    Add {
        /// The organization's id
        org: OrgId,
        /// The number in E.164, for example +15550100
        number: PhoneNumber,
    },
    /// List an organization's numbers
    List {
        /// The organization's id
        org: OrgId,
    },
}

#[derive(Subcommand, Clone, Debug)]
pub enum KeyCommand {
    /// Make a key with all rights and print it, once
    Add {
        /// What to call it, for example the program that uses it; no other key may have this name
        #[arg(value_parser = key_name)]
        name: String,
    },
    /// List the keys: the beginning of each one's hash, and its name
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Take a key back: whoever has it gets in no longer
    Revoke {
        /// Its name, or its id as `key list` prints it
        #[arg(value_name = "NAME|ID")]
        key: String,
    },
}

#[derive(Args, Clone, Debug)]
pub struct HealthArgs {
    /// The gateway's origin [default: http:// and BIND]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Ask again until it takes calls
    #[arg(long)]
    pub wait: bool,
    /// Seconds to wait at most
    #[arg(long, value_name = "SECS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

/// A name that can be told from others in a list.
fn key_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let fits = (1..=KEY_NAME_CHARS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(format!("a name has 1 to {KEY_NAME_CHARS_MAX} visible characters")) }
}

const KEY_NAME_CHARS_MAX: usize = 64;
