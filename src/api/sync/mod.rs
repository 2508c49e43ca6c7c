//! Waiting for each other without a channel.
