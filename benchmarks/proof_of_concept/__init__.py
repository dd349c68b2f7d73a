"""The detector that stands for 'we tried rendered pictures for an afternoon': what the shipped one is held
against. A small network, crude drawings, four minutes of one core; nothing of it is ever deployed."""
