"""The wire contract: the generated messages of proto/reseolio.proto and the methods that carry them."""
