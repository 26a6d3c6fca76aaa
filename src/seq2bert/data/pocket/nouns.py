"""The nouns and the names that both sizes have, common ones first: English, French, gender.

A heading gives the kinds of the nouns below it, ``+`` those that one of them has besides. The first
kind is what it is: human, animal, food, …; the others say what can be done with it:

- ``own`` can have an owner, ``kin`` must have one, ``spouse`` of one person; ``single`` has no plural;
  ``mass`` is not counted;
- ``job`` one can *be*; ``basic`` is what a person is at first sight;
- ``gift`` can be given, ``goods`` sold, ``writing`` written, ``told`` told;
  it can be ``washable``, ``fur`` (an animal with a colour), ``breakable``, ``openable``, ``hollow``,
  ``machine``, ``coloured``;
- one can be ``inside`` it, at it (``venue``), ``surface`` on it, ``cover`` under it, ``landmark`` near it;
- ``sight`` can be visited; ``whole`` and ``walled`` have parts.

Left out on purpose: nouns with another number in French (*trousers*), English nouns with two genders
in French unless a name tells (*friend* is *ami*, but "my friend marie" *mon amie*), words that are
something else as well (*light*, *play*), and English words whose sound does not follow the spelling
(*hour*, *uniform*). ``*`` marks the French *h* that does not elide. A plural is written out where the
rules of :mod:`morphology` do not give it. The nouns of the hard size only are in :mod:`rare_nouns`.
"""

EASY = """
[human]
man/men homme m + basic
woman/women femme f + basic
child/children enfant m + basic own
friend ami m + own
teacher professeur m + own job
girl fille f + basic
boy garçon m + basic
doctor médecin m + own job
mother mère f + kin single
sister sœur f + kin
father père m + kin single
brother frère m + kin
nurse infirmière f + job
[animal own fur]
dog chien m
cat chat m
horse cheval m
[food gift]
apple pomme f
egg œuf m
cake gâteau m
[food mass]
bread pain m
[drink mass]
water eau f
milk lait m
[text gadget gift own goods]
book livre m + coloured
[writing gadget gift own]
letter lettre f
[gadget gift own goods]
key clé f
umbrella parapluie m + coloured openable
box boîte f + coloured openable hollow
[plant gift coloured goods]
flower fleur f
[clothing gadget gift own coloured washable goods]
dress robe f
hat chapeau m
shirt chemise f
[vehicle own coloured washable machine goods]
car voiture f + landmark whole wheeled
boat bateau m
[furniture coloured goods]
table table f + surface cover
chair chaise f + surface
[building landmark walled whole]
house maison f + own inside
school école f + own venue
church église f + venue sight
hospital hôpital m + venue
[place]
garden jardin m + own inside
kitchen cuisine f + own inside whole
market marché m + venue
beach plage f + venue
[tree]
tree arbre m + landmark cover
[part coloured openable]
door porte f
window fenêtre f
"""

EASY_NAMES = """
[m]
paul pierre
[f]
marie anne
"""
