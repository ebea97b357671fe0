"""The vocabulary of Audapolis: plain frozen records that every layer shares. Imports only `errors`."""
