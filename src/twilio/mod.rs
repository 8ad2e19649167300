//! The first carrier: Twilio's webhooks, TwiML, Media Streams and REST.
