//! The first model: the OpenAI Realtime API (GA) over WebSocket.
