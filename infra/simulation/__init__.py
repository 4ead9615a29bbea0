"""The promises under faults: everything in one process, on one virtual clock, everything random from one seed.

The functions, the jobs, their adapters, the broker, the SQL and PostgreSQL are the real ones. Simulated is only what is
outside: people and their phones, the WhatsApp gateway, the language model, the network between all of them, and time.
Faults strike at that network, between any two calls; when the dust has settled, the promises are checked over what is
left: the database, the queue, and what really arrived on people's phones.

A call to the database is one transaction and takes its turn; what PostgreSQL does with two at once is not simulated.
"""
