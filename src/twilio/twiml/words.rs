//! Every sentence of ours that Twilio's voice reads, in English and Spanish.
//!
//! The local sentences that our own stream plays are recordings (`audio::prompts`); these are for legs without a stream.

use crate::ports::door::Refusal;
use crate::session::document::Goodbye;
use crate::twilio::twiml::language::Tongue;
use crate::types::Urgency;

impl Tongue {
    /// What to do in an emergency, for whoever is turned away.
    pub(super) const fn danger(self) -> &'static str {
        match self {
            Self::English => "If anyone is in danger, hang up and call the emergency number now.",
            Self::Spanish => "Si alguien está en peligro, cuelgue y llame ahora al número de emergencias.",
        }
    }

    /// Before the organization's own sentence about that.
    pub(super) const fn in_danger(self) -> &'static str {
        match self {
            Self::English => "If anyone is in danger:",
            Self::Spanish => "Si alguien está en peligro:",
        }
    }

    pub(super) const fn sorry(self) -> &'static str {
        match self {
            Self::English => "We are sorry, something went wrong. Please call again later.",
            Self::Spanish => "Lo sentimos, algo ha fallado. Por favor, vuelva a llamar más tarde.",
        }
    }

    /// To a caller whose call is not taken.
    pub(super) const fn refusal(self, refusal: Refusal) -> &'static str {
        match (self, refusal) {
            (Self::English, Refusal::Busy) => {
                "We are sorry, all our lines are busy. Please call again in a few minutes."
            }
            (Self::English, Refusal::UnknownNumber) => "We are sorry, this number is not in service.",
            (Self::English, Refusal::Draining) => {
                "We are sorry, we cannot take your call at this moment. Please call again in a few minutes."
            }
            (Self::English, Refusal::Closed) => {
                "Thank you for calling. We are closed at the moment. Please call again in business hours."
            }
            (Self::Spanish, Refusal::Closed) => {
                "Gracias por llamar. En este momento está cerrado. Por favor, vuelva a llamar en horario de atención."
            }
            (Self::Spanish, Refusal::Busy) => {
                "Lo sentimos, todas nuestras líneas están ocupadas. Por favor, vuelva a llamar en unos minutos."
            }
            (Self::Spanish, Refusal::UnknownNumber) => "Lo sentimos, este número no está en servicio.",
            (Self::Spanish, Refusal::Draining) => {
                "Lo sentimos, no podemos atender su llamada en este momento. Por favor, vuelva a llamar en unos minutos."
            }
        }
    }

    /// While it is found out whose caller it is.
    pub(super) const fn please_hold(self) -> &'static str {
        match self {
            Self::English => "Please hold.",
            Self::Spanish => "Por favor, espere un momento.",
        }
    }

    pub(super) const fn hold(self) -> &'static str {
        match self {
            Self::English => "Please stay on the line. We are connecting you.",
            Self::Spanish => "Por favor, no cuelgue. Le estamos comunicando.",
        }
    }

    pub(super) const fn voicemail(self) -> &'static str {
        match self {
            Self::English => {
                "Nobody is free at the moment. Please leave a message after the tone. When you have finished, press \
                 any key or hang up."
            }
            Self::Spanish => {
                "En este momento no hay nadie disponible. Deje un mensaje después de la señal. Cuando termine, pulse \
                 cualquier tecla o cuelgue."
            }
        }
    }

    /// The first words to whoever picks up: perhaps a stranger's voicemail, so it says who calls and how urgent it is,
    /// and nothing else.
    pub(super) fn gate(self, org_name: &str, urgency: Urgency) -> String {
        match self {
            Self::English => {
                let call = match urgency {
                    Urgency::Emergency => "an emergency call",
                    Urgency::High => "an urgent call",
                    Urgency::Medium | Urgency::Low => "a call",
                };
                format!("This is {org_name}. There is {call} for you. Press any key to hear more.")
            }
            Self::Spanish => {
                let call = match urgency {
                    Urgency::Emergency => "una llamada de emergencia",
                    Urgency::High => "una llamada urgente",
                    Urgency::Medium | Urgency::Low => "una llamada",
                };
                format!("Le llamamos de {org_name}. Hay {call} para usted. Pulse cualquier tecla para saber más.")
            }
        }
    }

    pub(super) const fn menu(self) -> &'static str {
        match self {
            Self::English => {
                "Press 1 to take the call. Press 2 to decline. Press 3 to call back in ten minutes. \
                 Press 4 to hear this again. Press 5 to send the caller to voicemail."
            }
            Self::Spanish => {
                "Pulse 1 para atender la llamada. Pulse 2 para rechazarla. Pulse 3 para devolver la llamada en diez \
                 minutos. Pulse 4 para oírlo otra vez. Pulse 5 para pasar la llamada al buzón de voz."
            }
        }
    }

    pub(super) const fn goodbye(self, goodbye: Goodbye) -> &'static str {
        match (self, goodbye) {
            (Self::English, Goodbye::CallerGone) => "The caller has hung up. Goodbye.",
            (Self::English, Goodbye::Thanks) => "Thank you. Goodbye.",
            (Self::English, Goodbye::CallsBack) => "Thank you. We tell the caller that you will call back. Goodbye.",
            (Self::English, Goodbye::TooLate) => "Thank you, but the caller is no longer waiting for you. Goodbye.",
            (Self::English, Goodbye::Interrupted) => {
                "We are sorry, this call was interrupted. If you are still needed, we call you again. Goodbye."
            }
            (Self::English, Goodbye::NoKey) => "No key was pressed. Goodbye.",
            (Self::English, Goodbye::NobodyFree) => "We are sorry, nobody can take your call at this moment.",
            (Self::English, Goodbye::WillCallBack) => "Somebody will call you back as soon as possible. Goodbye.",
            (Self::English, Goodbye::EmergencyNobody) => {
                "We could not reach anyone. If anyone is in danger, please call the emergency number now. Somebody \
                 will call you back urgently. Goodbye."
            }
            (Self::Spanish, Goodbye::NobodyFree) => "Lo sentimos, nadie puede atenderle en este momento.",
            (Self::Spanish, Goodbye::WillCallBack) => "Alguien le devolverá la llamada lo antes posible. Adiós.",
            (Self::Spanish, Goodbye::EmergencyNobody) => {
                "No hemos podido localizar a nadie. Si alguien está en peligro, llame ahora al número de emergencias. \
                 Alguien le devolverá la llamada con urgencia. Adiós."
            }
            (Self::Spanish, Goodbye::CallerGone) => "La otra persona ha colgado. Adiós.",
            (Self::Spanish, Goodbye::Thanks) => "Gracias. Adiós.",
            (Self::Spanish, Goodbye::CallsBack) => "Gracias. Le diremos que usted devolverá la llamada. Adiós.",
            (Self::Spanish, Goodbye::TooLate) => "Gracias, pero quien llama ya no le está esperando. Adiós.",
            (Self::Spanish, Goodbye::Interrupted) => {
                "Lo sentimos, esta llamada se ha interrumpido. Si todavía se le necesita, volveremos a llamarle. Adiós."
            }
            (Self::Spanish, Goodbye::NoKey) => "No se ha pulsado ninguna tecla. Adiós.",
        }
    }
}
