"""The embedded durable queue: correct, quick, and small enough to be read, for trying experiments and the checks on.

One process speaks the wire contract over gRPC and keeps its jobs in SQLite, fully synchronised. From the outside in:

- `server`: the process: arguments, signals, the way up and the way down
- `service`, `schedule_service`: the methods of the contract, each turned into an operation or a read
- `writer`: one transaction for the many operations that wait; answers only once it is on the disk
- `queue`: what each operation does to a job: the rules of the queue, and nothing but the rules
- `timetable`: the rules of schedules: what each operation does to one, and what is fired when it is due
- `dispatch`: which worker gets which job
- `store`, `schedule_table`: the jobs and the schedules in SQLite
- `reader`: the same jobs for those who only look
- `defects`: mistakes that can be planted, one at a time, to see that the checks find them
"""
