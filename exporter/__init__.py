"""Watches an order system and tells the operations group what generic monitoring cannot see.

A **probe** asks the **shop** and answers with **samples**; one run's samples are a **reading**; **rules** judge
readings into **alerts**; an alert that **flips** becomes a **card**; a **channel** carries the card into a chat room
and brings back a **receipt**.
"""

__version__ = "0.1.0"
