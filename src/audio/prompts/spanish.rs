//! The local sentences in Spanish, as it is spoken in America, with the polite `usted`.
//!
//! Words and sound are as in `fixtures/audio/manifest.toml`; a test compares them.

use super::Said;
use crate::types::Prompt;

pub(super) const fn said(prompt: Prompt) -> Said {
    macro_rules! audio {
        ($name:literal) => {
            include_bytes!(concat!("../../../fixtures/audio/prompts/es/", $name, ".ulaw"))
        };
    }
    match prompt {
        Prompt::Hello => ("Hola, gracias por llamar. Un momento, por favor.", audio!("hello")),
        Prompt::OneMoment => ("Un momento, por favor.", audio!("one_moment")),
        Prompt::StillThere => ("¿Sigue ahí?", audio!("still_there")),
        Prompt::StillThereAgain => {
            ("No le escucho. Por favor, diga algo o presione cualquier tecla.", audio!("still_there_again"))
        }
        Prompt::SilentGoodbye => (
            "Sigo sin escucharle, así que voy a terminar la llamada. Por favor, vuelva a llamar. Hasta luego.",
            audio!("silent_goodbye"),
        ),
        Prompt::ModelLost => (
            "Lo siento. Tengo un problema técnico y no puedo continuar. \
             Por favor, vuelva a llamar en unos minutos. Hasta luego.",
            audio!("model_lost"),
        ),
        Prompt::TimeWarning => ("Nos queda un minuto.", audio!("time_warning")),
        Prompt::TimeUp => ("Se nos acabó el tiempo. Por favor, vuelva a llamar. Hasta luego.", audio!("time_up")),
        Prompt::Reconnected => {
            ("Perdón, la conexión se cortó por un momento. Continúe, por favor.", audio!("reconnected"))
        }
        Prompt::Draining => (
            "Lo siento, tenemos que terminar la llamada. En una emergencia, llame al número de emergencias. \
             Si no, vuelva a llamar en un momento. Hasta luego.",
            audio!("draining"),
        ),
        Prompt::Goodbye => ("Gracias por llamar. Hasta luego.", audio!("goodbye")),
        Prompt::Emergency => (
            "Si alguien está en peligro, cuelgue y llame ahora al número de emergencias. \
             Si no puede, no cuelgue. Estoy llamando a alguien para usted.",
            audio!("emergency"),
        ),
        Prompt::Ringing => ("Estoy llamando a alguien para usted. Por favor, no cuelgue.", audio!("ringing")),
        Prompt::StillRinging => ("Sigo tratando de localizar a alguien. Gracias por esperar.", audio!("still_ringing")),
        Prompt::Connecting => ("Le comunico ahora.", audio!("connecting")),
        Prompt::NobodyFree => ("Lo siento, nadie puede atender su llamada en este momento.", audio!("nobody_free")),
        Prompt::WillCallBack => ("Alguien le devolverá la llamada lo antes posible.", audio!("will_call_back")),
        Prompt::OperatorCallsBack => (
            "La persona que localicé no puede hablar ahora y le llamará en unos diez minutos.",
            audio!("operator_calls_back"),
        ),
        Prompt::BackWithAssistant => ("Está de nuevo con el asistente.", audio!("back_with_assistant")),
        Prompt::EmergencyNobody => (
            "No pude localizar a nadie. \
             Si alguien está en peligro, cuelgue y llame ahora al número de emergencias. \
             Alguien le llamará con urgencia.",
            audio!("emergency_nobody"),
        ),
        Prompt::EmergencyStay => (
            "Si puede, no cuelgue. En un momento intentaré de nuevo localizar a alguien para usted.",
            audio!("emergency_stay"),
        ),
        Prompt::EmergencyStillHere => (
            "Sigo aquí y la línea sigue abierta. Si puede, diga algo o presione cualquier tecla.",
            audio!("emergency_still_here"),
        ),
        Prompt::PressZero => {
            ("No le escucho bien. Si necesita hablar con una persona, presione cero.", audio!("press_zero"))
        }
        Prompt::TransferFailed => ("Lo siento, no pude comunicarle.", audio!("transfer_failed")),
    }
}
