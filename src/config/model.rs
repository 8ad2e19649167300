//! The model's settings: how it is reached, which one talks, in which voice and format.

use std::path::PathBuf;

use crate::config::reader::Reader;
use crate::config::{BaseUrl, PriceTable};
use crate::types::Secret;
use crate::types::org::AudioFormat;

const NAME_CHARS_MAX: usize = 128;

/// Who plays the assistant.
#[derive(Clone)]
pub enum Access {
    /// The built-in script; no account, no network.
    Simulated,
    Key(Secret),
}

#[derive(Clone)]
pub struct Model {
    pub access: Access,
    pub realtime_url: BaseUrl,
    pub base_url: BaseUrl,
    pub model: String,
    pub transcribe_model: String,
    pub voice: String,
    pub audio_format: AudioFormat,
    pub prices: PriceTable,
    /// Set: every event of every call is written there, with what was said.
    pub log_dir: Option<PathBuf>,
}

impl Model {
    /// `loopback`: only this machine can reach the gateway.
    pub(super) fn read(reader: &mut Reader<'_>, loopback: bool) -> Self {
        let access = reader.secret("OPENAI_API_KEY").map_or(Access::Simulated, Access::Key);
        if matches!(access, Access::Simulated) && !loopback {
            let detail = "must be set: the simulated model answers only while BIND and PUBLIC_BASE_URL are loopback";
            reader.fault("OPENAI_API_KEY", detail);
        }
        let realtime_url = reader.parse("OPENAI_REALTIME_URL", BaseUrl::websocket);
        let base_url = reader.parse("OPENAI_BASE_URL", BaseUrl::http);
        let audio_format =
            reader.choice("REALTIME_AUDIO_FORMAT", &[("pcm", AudioFormat::Pcm), ("pcmu", AudioFormat::Pcmu)]);
        Self {
            access,
            // A fault was noted if there is none; the defaults can always be parsed.
            realtime_url: realtime_url
                .or_else(|| BaseUrl::websocket("wss://api.openai.com/v1/realtime").ok())
                .expect("a valid default"),
            base_url: base_url.or_else(|| BaseUrl::http("https://api.openai.com/v1").ok()).expect("a valid default"),
            model: name(reader, "OPENAI_REALTIME_MODEL"),
            transcribe_model: name(reader, "OPENAI_TRANSCRIBE_MODEL"),
            voice: name(reader, "OPENAI_VOICE"),
            audio_format,
            prices: PriceTable::read(reader),
            log_dir: reader.text("REALTIME_LOG_DIR").map(PathBuf::from),
        }
    }
}

/// A provider's name for something: it ends up in URLs and JSON.
fn name(reader: &mut Reader<'_>, setting: &str) -> String {
    let parse = |text: &str| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b);
        if text.len() <= NAME_CHARS_MAX && text.bytes().all(legal) {
            Ok(text.to_owned())
        } else {
            Err(format!("is not a name (at most {NAME_CHARS_MAX} of letters, digits, - _ . : /)"))
        }
    };
    reader.parse(setting, parse).unwrap_or_default()
}
